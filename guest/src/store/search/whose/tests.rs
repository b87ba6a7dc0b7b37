use rusqlite::{Connection, params_from_iter};

use crate::store::search::{Conditions, Filters};
use crate::store::tickets::ticket_search::{self, TicketFilters};
use crate::store::{OpenMode, Store};

/// Conversations of people whose names need another keyboard, some with somebody beside the first.
const PEOPLE: &str = "
    INSERT INTO contacts (id, name, email, external_id, company_id, company_name) VALUES
        ('p1', 'Søren Rossi', 'soren@nord.example', 'u1', 'k1', 'Æble ApS'),
        ('p2', 'Sofía Núñez', 'sofia@sur.example', 'u2', 'k2', 'Café Olé'),
        ('p3', 'Дмитрий Орлов', NULL, 'u3', NULL, NULL),
        ('p4', 'Zoë O’Brien', 'zoe@nord.example', 'u4', 'k2', 'Café Olé');
    INSERT INTO conversations (number, id, created_at, updated_at, contact_id, customer_name, customer_email, company_id, company_name) VALUES
        (1, 'c1', '2026-01-01', '2026-01-01', 'p1', 'Søren Rossi', 'soren@nord.example', 'k1', 'Æble ApS'),
        (2, 'c2', '2026-01-02', '2026-01-02', 'p2', 'Sofía Núñez', 'sofia@sur.example', 'k2', 'Café Olé'),
        (3, 'c3', '2026-01-03', '2026-01-03', 'p3', 'Дмитрий Орлов', NULL, NULL, NULL),
        (4, 'c4', '2026-01-04', '2026-01-04', 'p1', 'Søren Rossi', 'soren@nord.example', 'k1', 'Æble ApS'),
        (5, 'c5', '2026-01-05', '2026-01-05', NULL, 'Sofía of old', NULL, NULL, 'CAFÉ OLÉ Sur'),
        (6, 'c6', '2026-01-06', '2026-01-06', NULL, NULL, NULL, NULL, NULL);
    -- In the fourth Zoë takes part, too.
    INSERT INTO conversation_contacts (contact_id, conversation_id) VALUES
        ('p1', 'c1'), ('p2', 'c2'), ('p3', 'c3'), ('p1', 'c4'), ('p4', 'c4');
    INSERT INTO tickets (number, id, ticket_id, type, state, created_at, updated_at) VALUES
        (1, 't1', '1', 'Bug', 'submitted', '2026-01-01', '2026-01-01'),
        (2, 't2', '2', 'Bug', 'submitted', '2026-01-02', '2026-01-02');
    INSERT INTO ticket_contacts (ticket, contact_id) VALUES (1, 'p1'), (2, 'p4');";

fn store() -> Store {
    let mut store = Store::open(":memory:".as_ref(), OpenMode::ReadWrite).expect("opens");
    store.write(|tx| Ok(tx.execute_batch(PEOPLE)?)).expect("fills");
    store
}

fn asked(connection: &Connection, sql: &str) -> Vec<i64> {
    let mut statement = connection.prepare(sql).expect(sql);
    let rows = statement.query_map([], |row| row.get(0)).expect("asks");
    rows.collect::<Result<_, _>>().expect("reads")
}

fn numbers(connection: &Connection, conditions: &Conditions) -> Vec<i64> {
    let sql = format!("SELECT c.number FROM conversations c WHERE {} ORDER BY 1", conditions.sql());
    let mut statement = connection.prepare(&sql).expect(&sql);
    let rows = statement.query_map(params_from_iter(&conditions.values), |row| row.get(0));
    rows.expect("asks").collect::<Result<_, _>>().expect("reads")
}

/// Conversations in which one of these contacts takes part, or of such a name.
fn with(contacts: &str, name: &str) -> String {
    format!(
        "SELECT number FROM conversations WHERE customer_name = '{name}' OR company_name = '{name}' OR id IN
             (SELECT conversation_id FROM conversation_contacts WHERE contact_id IN ({contacts})) ORDER BY 1"
    )
}

#[test]
fn customers_are_found_without_accents_in_any_case_and_beside_the_first() {
    let store = store();
    let db = store.connection();
    for (typed, contacts, name) in [
        ("Soren Rossi", "'p1'", ""),
        ("SOFÍA", "'p2'", "Sofía of old"),
        ("sofia nunez", "'p2'", ""),
        ("дмитрий", "'p3'", ""),
        ("zoe", "'p4'", ""),
        ("o'brien", "'p4'", ""),
        ("O’BRIEN", "'p4'", ""),
        ("aeble", "'p1'", ""),
        ("cafe ole", "'p2', 'p4'", "CAFÉ OLÉ Sur"),
        ("nord.example", "'p1', 'p4'", ""),
        ("k2", "'p2', 'p4'", ""),
        ("u4", "'p4'", ""),
        ("p4", "'p4'", ""),
        ("%", "", ""),
        ("_", "", ""),
    ] {
        let expected = asked(db, &with(contacts, name));
        assert_eq!(expected.is_empty(), contacts.is_empty(), "{typed}");
        let filters = Filters { customer: Some(typed.to_owned()), ..Filters::default() };
        for conditions in [filters.conditions(true), filters.conditions_on_each(true)] {
            assert_eq!(numbers(db, &conditions), expected, "{typed}: {}", conditions.sql());
        }
    }
}

#[test]
fn companies_are_found_so_and_whole_ones_only_as_a_whole() {
    let store = store();
    let db = store.connection();
    let company = |name: &str, whole: bool| {
        let filters = Filters { company: Some(name.to_owned()), whole, ..Filters::default() };
        let found = [filters.conditions(true), filters.conditions_on_each(true)].map(|all| numbers(db, &all));
        assert_eq!(found[0], found[1], "{name}");
        found[0].clone()
    };
    let named = asked(db, "SELECT number FROM conversations WHERE company_name = 'Café Olé' ORDER BY 1");
    let all = asked(
        db,
        "SELECT number FROM conversations WHERE company_name IN ('Café Olé', 'CAFÉ OLÉ Sur') ORDER BY 1",
    );
    assert_eq!((named.len(), all.len()), (1, 2));
    assert_eq!(company("cafe ole", false), all);
    assert_eq!(company("CAFE OLE", true), named);
    assert!(company("caf", true).is_empty());
}

#[test]
fn tickets_of_a_customer_are_found_so() {
    let store = store();
    for (typed, whole, contact) in [
        ("soren rossi", false, "p1"),
        ("ZOE", false, "p4"),
        ("Cafe", false, "p4"),
        ("k2", false, "p4"),
        ("k2", true, "p4"),
        ("zoe@nord.example", true, "p4"),
        ("zoe", true, "nobody"),
    ] {
        let filters = TicketFilters { customer: Some(typed.to_owned()), whole, ..TicketFilters::default() };
        let found = ticket_search::matching(store.connection(), &filters, false).expect("asks");
        let sql = format!("SELECT ticket FROM ticket_contacts WHERE contact_id = '{contact}'");
        assert_eq!(found, asked(store.connection(), &sql), "{typed}");
    }
}
