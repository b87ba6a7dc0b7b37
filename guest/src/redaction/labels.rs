//! What the words before and behind a number say of it.

use std::collections::HashMap;
use std::sync::OnceLock;

/// Words around telephone numbers.
const PHONE: &str = "\
    call, calls, callback, phone, phones, telephone, mobile, cell, cellphone, fax, whatsapp, whatsap, \
    signal, viber, telegram, wechat, sms, text, txt, dial, ring, reach, landline, hotline, tel, ph, mob, \
    imessage, voicemail, caller, msisdn, telefon, telefonnummer, handy, handynummer, mobil, mobilnummer, \
    mobilfunk, rufnummer, festnetz, durchwahl, rückruf, rufen, anrufen, erreichbar, erreichen, fon, \
    téléphone, téléphoner, tél, portable, appelez, appeler, rappelez, joindre, joignable, llámame, \
    llamame, llámeme, llamar, llamen, móvil, movil, celular, teléfono, fono, cel, telefono, cellulare, \
    chiamami, chiamare, chiamatemi, telefone, telemóvel, ligue, ligar, fone, bel, bellen, telefoon, \
    telefoonnummer, mobiel, gsm, zadzwoń, dzwonić, telefonu, komórka, kom, telefonum, cep, mobiltelefon, \
    ringa, ringe, puh, puhelin, puhelinnumero, soita, telefonszám, τηλέφωνο, κινητό, телефон, телефона, \
    тел, звоните, позвоните, моб, мобильный, дзвоніть, هاتف, الهاتف, هاتفي, جوال, جوالي, رقمي, موبايل, \
    तलिफ़ोन, फ़ोन, फोन, मोबाइल, טלפון, נייד";
/// The same where words are not parted by blanks.
const PHONE_JOINED: &[&str] = &[
    "電話",
    "携帯",
    "电话",
    "手机",
    "手機",
    "座机",
    "联系方式",
    "전화",
    "휴대폰",
    "연락처",
    "โทร",
    "☎",
    "📞",
    "📱",
    "☏",
    "✆",
];
/// Whose number it is, where a number alone may be any.
const MINE: &str = "\
    my, his, her, our, mein, meine, mon, notre, mi, meu, mio, mijn, mój, moj, mit, mitt, min, мой, \
    numaram";
/// Words for a number of whatever kind.
const NUMBER: &str = "\
    number, numbers, no, nr, num, nummer, numéro, numero, número, numer, номер, n, nº, n°, is, ist, was, \
    lautet, est, es, è, jest, the, code, id, ids, reference, ref, of, for, and";
/// What else is numbered.
const OTHER: &str = "\
    order, invoice, ticket, case, conversation, user, customer, contact, account, booking, reservation, \
    confirmation, sku, serial, part, article, item, product, tracking, shipment, parcel, package, dhl, \
    fedex, ups, usps, dpd, gls, hermes, isbn, issn, ean, gtin, upc, barcode, imei, imsi, iccid, vin, po, \
    transaction, payment, receipt, quote, contract, policy, claim, id, ids, reference, ref, rma, batch, \
    lot, build, version, revision, commit, voucher, coupon, gift, member, membership, employee, student, \
    session, request, job, task, issue, bug, device, asset, model, firmware, timestamp, epoch, amount, \
    total, price, balance, size, bytes, vat, tax, aws, doi, bestellung, bestellnummer, bestell, auftrag, \
    auftragsnummer, rechnung, rechnungsnummer, kundennummer, kundennr, kunden, vertrag, vertragsnummer, \
    sendung, sendungsnummer, paket, artikel, artikelnummer, seriennummer, vorgang, vorgangsnummer, \
    buchung, buchungsnummer, gutschein, aktenzeichen, lieferschein, commande, facture, colis, suivi, \
    client, dossier, contrat, réservation, devis, pedido, factura, cliente, reserva, envío, seguimiento, \
    albarán, contrato, ordine, fattura, pacco, spedizione, prenotazione, encomenda, fatura, rastreio, \
    bestelling, factuur, klant, klantnummer, pakket, zamówienie, zamówienia, faktura, faktury, paczka, \
    заказ, заказа, счет, счёт, счета, клиент, посылка, sipariş, ordernummer, ordrenummer, tilaus, \
    beställning, 注文, 注文番号, 订单, 订单号, 発票, 発注, 请求书";
/// Numbers that are no card's, although their check digit is one.
const NO_CARD: &str = "\
    isbn, ean, gtin, upc, barcode, imei, imsi, iccid, tracking, dhl, fedex, ups, usps, sendungsnummer";
const CARD: &str = "\
    card, visa, kreditkarte, karte, carte, tarjeta, carta, cartão, credit, pan";

/// Currencies.
const MONEY: &str = "\
    eur, usd, chf, gbp, jpy, inr, cny, pln, czk, sek, nok, dkk, huf, try, brl, rub, rs, zł, zl, kr, kč, \
    ft, lei, руб, euro, euros, dollars, pounds, 円, 元, 원";
/// What is counted in large numbers.
const COUNTED: &str = "\
    bytes, users, rows, people, steps, requests, views, records, km, ms, mb, gb, kb, units, pcs, stück, \
    items, habitantes, einwohner, tokens, points, messages, customers, times";

/// Bytes that are looked at before and behind a number.
const NEAR: usize = 60;

/// What a number is by the words around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Nothing,
    Phone,
    /// A number of something else, by the word right before it.
    Other,
}

/// What a word says of numbers.
#[derive(Clone, Copy, Debug, Default)]
struct Word {
    phone: bool,
    number: bool,
    mine: bool,
    other: bool,
    card: bool,
    no_card: bool,
}

fn word(text: &str) -> Word {
    static WORDS: OnceLock<HashMap<&'static str, Word>> = OnceLock::new();
    let words = WORDS.get_or_init(|| {
        let mut words: HashMap<&'static str, Word> = HashMap::new();
        let mut add = |list: &'static str, mark: fn(&mut Word)| {
            list.split(", ").for_each(|text| mark(words.entry(text).or_default()));
        };
        add(PHONE, |word| word.phone = true);
        add(NUMBER, |word| word.number = true);
        add(MINE, |word| word.mine = true);
        add(OTHER, |word| word.other = true);
        add(CARD, |word| word.card = true);
        add(NO_CARD, |word| word.no_card = true);
        words
    });
    words.get(text).copied().unwrap_or_default()
}

/// What stands before that place says of the number behind it.
pub(super) fn before(text: &str, at: usize) -> Said {
    let near = tail(text, at, NEAR).to_lowercase();
    if near.ends_with("wa.me/") || near.ends_with("tel:") {
        return Said::Phone;
    }
    // `#1234567` numbers things.
    let mut adjacent = true;
    if near.trim_end_matches(['"', '\'', ' ']).ends_with('#') {
        return Said::Other;
    }
    let mut numbered = false;
    for text in words(&near).rev().take(7) {
        let word = word(text);
        if numbered && word.mine || word.phone || !text.is_ascii() && is_joined(text) {
            return Said::Phone;
        }
        if word.other && (adjacent || !word.number) {
            return Said::Other;
        }
        numbered =
            matches!(text, "number" | "nummer" | "numéro" | "numero" | "número" | "numer" | "номер" | "nr");
        adjacent &= word.number;
    }
    if !near.is_ascii() && is_joined(&near) { Said::Phone } else { Said::Nothing }
}

fn is_joined(text: &str) -> bool {
    PHONE_JOINED.iter().any(|joined| text.contains(joined))
}

/// `… is my cell` behind that place.
pub(super) fn phone_behind(text: &str, at: usize) -> bool {
    let near = head(text, at, 30).to_lowercase();
    let line = near.lines().next().unwrap_or_default();
    words(line).take(5).any(|text| word(text).phone && text != "text" && text != "call")
        || !line.is_ascii() && is_joined(line)
}

/// A card's number is told before that place.
pub(super) fn card(text: &str, at: usize) -> bool {
    words(&tail(text, at, NEAR).to_lowercase()).rev().take(4).any(|text| word(text).card)
}

/// The word right before that place says that it is none.
pub(super) fn no_card(text: &str, at: usize) -> bool {
    words(&tail(text, at, 30).to_lowercase())
        .rev()
        .map(word)
        .take_while(|word| word.no_card || word.number)
        .any(|word| word.no_card)
}

/// An amount or a count, by what stands right before and behind it.
pub(super) fn is_amount(text: &str, start: usize, end: usize) -> bool {
    let is_in = |list: &str, word: &str| list.split(", ").any(|known| known == word);
    let money = |word: &str| is_in(MONEY, word);
    let sign = |letter: char| "$€£¥₹₽₺₩₪¢%".contains(letter);
    let before = tail(text, start, 8).to_lowercase();
    let behind = head(text, end, 16).to_lowercase();
    let after = behind.trim_start();
    before.trim_end().ends_with(sign)
        || words(&before).next_back().is_some_and(money)
        || after.starts_with(sign)
        || behind.starts_with(',') && behind[1..].starts_with(|letter: char| letter.is_ascii_digit())
        || words(after)
            .next()
            .is_some_and(|word| after.starts_with(word) && (money(word) || is_in(COUNTED, word)))
}

fn words(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.split(|letter: char| {
        !(letter.is_alphabetic()
            || "°\u{301}\u{93c}\u{93e}\u{94b}\u{907}📞☎📱".contains(letter)
            || is_mark(letter))
    })
    .filter(|word| !word.is_empty())
}

/// Vowel signs and such, without which words of Hindi or Thai fall apart.
fn is_mark(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36f}' | '\u{900}'..='\u{903}' | '\u{93a}'..='\u{94f}' | '\u{e31}' | '\u{e34}'..='\u{e4e}')
}

/// At most so many bytes before that place. What stands for another number says nothing.
fn tail(text: &str, at: usize, most: usize) -> &str {
    let near = &text[text.ceil_char_boundary(at.saturating_sub(most))..at];
    ["[phone]", "[card]", "[account]"]
        .iter()
        .fold(near, |near, label| near.rsplit(label).next().unwrap_or(near))
}

/// At most so many bytes behind it.
fn head(text: &str, at: usize, most: usize) -> &str {
    &text[at..text.floor_char_boundary((at + most).min(text.len()))]
}
