//! The people and labels of a workspace: admins, teams, tags, contacts and companies.

use rand::RngExt;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use super::model::{Id, Index, Seconds};

/// Everything that conversations refer to by position.
#[derive(Clone, Debug)]
pub struct Directory {
    pub admins: Vec<Admin>,
    pub teams: Vec<Team>,
    pub tags: Vec<Tag>,
    pub companies: Vec<Company>,
    pub contacts: Vec<Contact>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Admin {
    pub id: Id,
    pub name: String,
    pub email: String,
    pub job_title: &'static str,
    pub away: bool,
    pub teams: Vec<Index>,
    /// Operator is listed as an admin, too, but holds no inbox seat.
    pub is_bot: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Team {
    pub id: Id,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Tag {
    pub id: Id,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Company {
    /// 24 hexadecimal digits, as Intercom's own company ids.
    pub id: String,
    /// The customer's own name for the company.
    pub company_id: String,
    pub name: String,
    pub plan: &'static str,
    pub size: u32,
    /// Intercom knows whole numbers only.
    pub monthly_spend: u32,
    pub industry: &'static str,
    pub segments: Vec<&'static str>,
    pub tags: Vec<Index>,
    /// The custom attribute `Region`.
    pub region: &'static str,
    pub created_at: Seconds,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Contact {
    /// 24 hexadecimal digits.
    pub id: String,
    /// `None` for leads, who never signed up.
    pub external_id: Option<String>,
    pub is_lead: bool,
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub company: Option<Index>,
    pub country: &'static str,
    pub city: &'static str,
    pub browser_language: &'static str,
    /// Chosen by the customer.
    pub language_override: Option<&'static str>,
    pub browser: &'static str,
    pub tags: Vec<Index>,
    /// The custom attribute `Job`.
    pub job: &'static str,
    pub created_at: Seconds,
    pub updated_at: Seconds,
    /// The contact that this one was merged into.
    pub merged_into: Option<Index>,
}

const ADMINS: [(&str, &str); 12] = [
    ("Dana Whitfield", "Support Lead"),
    ("Marcus Oyelaran", "Support Engineer"),
    ("Ines Carvalho", "Billing Specialist"),
    ("Tomáš Dvořák", "Support Engineer"),
    ("Priya Raman", "Customer Success Manager"),
    ("Yuki Tanaka", "Support Engineer"),
    ("Olivia Brandt", "Onboarding Specialist"),
    ("Sean O'Neill", "Technical Support"),
    ("Leïla Haddad", "Billing Specialist"),
    ("Björn Åkesson", "Technical Support"),
    ("Grace Mbeki", "Shipping Coordinator"),
    ("Victor Almeida", "Head of Support"),
];

const TEAMS: [&str; 6] =
    ["Billing", "Technical Support", "Shipping & Returns", "Onboarding", "Enterprise", "Trust & Safety"];

const TAGS: [&str; 24] = [
    "refund",
    "billing",
    "bug",
    "feature request",
    "shipping delay",
    "login issue",
    "api",
    "invoice",
    "cancellation",
    "vip",
    "churn risk",
    "upsell",
    "onboarding",
    "escalated",
    "duplicate",
    "spam",
    "Phone & SMS",
    "gdpr",
    "enterprise",
    "trial",
    "returns",
    "documentation",
    "outage",
    "日本語",
];

const FIRST: [&str; 32] = [
    "Alice",
    "Ben",
    "Chiara",
    "Diego",
    "Emre",
    "Fatima",
    "Giulia",
    "Hannah",
    "Ivan",
    "Jasmine",
    "Kenji",
    "Lucía",
    "Mohamed",
    "Nadia",
    "Oskar",
    "Paula",
    "Quentin",
    "Rosa",
    "Sofía",
    "Tariq",
    "Ursula",
    "Vera",
    "William",
    "Xin",
    "Yara",
    "Zoë",
    "美咲",
    "伟",
    "สมชาย",
    "محمد",
    "Дмитрий",
    "Søren",
];

const LAST: [&str; 28] = [
    "Anderson",
    "Bianchi",
    "Chen",
    "Dubois",
    "Eriksen",
    "Fischer",
    "García",
    "Hughes",
    "Ivanova",
    "Jansen",
    "Kowalski",
    "López",
    "Müller",
    "Nguyen",
    "O'Brien",
    "Petrov",
    "Quinn",
    "Rossi",
    "Schmidt",
    "Tanaka",
    "Usman",
    "Vargas",
    "Williams",
    "Xu",
    "Yılmaz",
    "Zimmermann",
    "佐藤",
    "المصري",
];

const COMPANY_WORDS: [&str; 20] = [
    "Northwind",
    "Bluebird",
    "Acorn",
    "Helios",
    "Granite",
    "Lumen",
    "Harbor",
    "Juniper",
    "Vertex",
    "Cobalt",
    "Meridian",
    "Willow",
    "Summit",
    "Orchid",
    "Falcon",
    "Cedar",
    "Atlas",
    "Ember",
    "Quartz",
    "Tidal",
];
const COMPANY_KINDS: [&str; 8] =
    ["Logistics", "Studio", "Labs", "Retail", "Health", "Foods", "Software", "& Sons"];
const PLANS: [&str; 4] = ["Free", "Starter", "Pro", "Enterprise"];
/// Of each plan, a month.
const PRICES: [u32; 4] = [0, 49, 299, 2_400];
const INDUSTRIES: [&str; 5] = ["Logistics", "Software", "Retail", "Health", "Education"];
const REGIONS: [&str; 3] = ["EMEA", "AMER", "APAC"];
const BROWSERS: [&str; 3] = ["chrome", "safari", "firefox"];
const JOBS: [&str; 3] = ["Developer", "Manager", "Owner"];
/// The tag `vip`.
const VIP: Index = 9;
/// What browsers speak in each of the places.
const LANGUAGES: [&str; 8] = ["en-IE", "de", "en-US", "ja", "pt-BR", "th", "ar", "fr"];
const PLACES: [(&str, &str); 8] = [
    ("Ireland", "Dublin"),
    ("Germany", "Köln"),
    ("United States", "Austin"),
    ("Japan", "大阪市"),
    ("Brazil", "São Paulo"),
    ("Thailand", "กรุงเทพฯ"),
    ("Egypt", "القاهرة"),
    ("France", "Orléans"),
];

/// A position in `list`, weighted towards its start: few customers write often.
pub fn skewed(rng: &mut ChaCha8Rng, len: usize) -> Index {
    let unit: f64 = rng.random();
    ((unit * unit * len as f64) as usize).min(len.saturating_sub(1)) as Index
}

/// One of `list`, which must not be empty.
pub fn pick<T: Copy>(rng: &mut ChaCha8Rng, list: &[T]) -> T {
    list[rng.random_range(0..list.len())]
}

fn ascii_slug(name: &str, fallback: &str) -> String {
    let slug: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    if slug.is_empty() { fallback.to_owned() } else { slug.to_ascii_lowercase() }
}

impl Directory {
    /// The directory of a workspace with `conversations` conversations, whose oldest people
    /// joined `span` seconds before `now`.
    pub fn generate(seed: u64, conversations: usize, now: Seconds, span: Seconds) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x000d_1ec7_0af1);
        let mut admins: Vec<Admin> = ADMINS
            .iter()
            .enumerate()
            .map(|(i, &(name, job_title))| Admin {
                id: 8_470_101 + i as u64 * 17,
                name: name.to_owned(),
                email: format!("{}@acme.example", ascii_slug(name, "admin")),
                job_title,
                away: i % 7 == 5,
                teams: vec![(i % TEAMS.len()) as Index, ((i * 5 + 1) % TEAMS.len()) as Index],
                is_bot: false,
            })
            .collect();
        for admin in &mut admins {
            admin.teams.sort_unstable();
            admin.teams.dedup();
        }
        admins.push(Admin {
            id: 8_479_999,
            name: "Operator".to_owned(),
            email: "operator+acme@intercom.io".to_owned(),
            job_title: "",
            away: false,
            teams: Vec::new(),
            is_bot: true,
        });
        let teams = TEAMS
            .iter()
            .enumerate()
            .map(|(i, name)| Team { id: 5_017_691 + i as u64 * 3, name: (*name).to_owned() })
            .collect();
        let tags = TAGS
            .iter()
            .enumerate()
            .map(|(i, name)| Tag { id: 9_100_200 + i as u64 * 11, name: (*name).to_owned() })
            .collect();
        let companies = (0..(conversations / 40).clamp(8, 400))
            .map(|i| Company {
                id: format!("66f1{:020x}", 0xc0de_0000_u64 + i as u64),
                company_id: format!("acct-{}", 1_000 + i),
                name: format!("{} {}", pick(&mut rng, &COMPANY_WORDS), pick(&mut rng, &COMPANY_KINDS)),
                plan: pick(&mut rng, &PLANS),
                size: rng.random_range(1..2_000),
                monthly_spend: 0,
                industry: INDUSTRIES[i % INDUSTRIES.len()],
                segments: [("Active", i % 3 != 0), ("Slipping away", i % 4 == 1)]
                    .iter()
                    .filter_map(|(segment, is_in)| is_in.then_some(*segment))
                    .collect(),
                tags: if i.is_multiple_of(5) { vec![VIP] } else { Vec::new() },
                region: REGIONS[i % REGIONS.len()],
                created_at: now - span - rng.random_range(0..span.max(1)),
            })
            .collect::<Vec<_>>();
        let mut companies = companies;
        for (i, company) in companies.iter_mut().enumerate() {
            // A free company pays nothing, an enterprise most.
            let price = PLANS.iter().position(|plan| *plan == company.plan).map_or(0, |at| PRICES[at]);
            company.monthly_spend = price * (8 + i as u32) / 8;
        }
        let contacts = (0..(conversations / 3).clamp(12, 50_000))
            .map(|i| Self::contact(&mut rng, i, companies.len(), now, span))
            .collect();
        Self { admins, teams, tags, companies, contacts }
    }

    fn contact(rng: &mut ChaCha8Rng, i: usize, companies: usize, now: Seconds, span: Seconds) -> Contact {
        let first = pick(rng, &FIRST);
        let last = pick(rng, &LAST);
        let is_lead = rng.random_bool(0.2);
        let (country, city) = pick(rng, &PLACES);
        let created_at = now - span - rng.random_range(0..span.max(1));
        Contact {
            id: format!("6762{:020x}", 0x0b1b_b69f_0000_u64 + i as u64 * 0x101),
            external_id: (!is_lead).then(|| format!("user-{}", 10_000 + i)),
            is_lead,
            name: (!is_lead || rng.random_bool(0.6)).then(|| format!("{first} {last}")),
            email: (!is_lead || rng.random_bool(0.7)).then(|| {
                format!("{}.{}{}@customer.example", ascii_slug(first, "contact"), ascii_slug(last, "x"), i)
            }),
            phone: rng.random_bool(0.3).then(|| format!("+3531{:07}", rng.random_range(0..9_999_999))),
            company: (!is_lead && rng.random_bool(0.7)).then(|| rng.random_range(0..companies) as Index),
            country,
            city,
            browser_language: PLACES
                .iter()
                .position(|(known, _)| *known == country)
                .map_or("en", |place| LANGUAGES[place]),
            language_override: (i % 6 == 1).then_some("fr"),
            browser: BROWSERS[i % BROWSERS.len()],
            tags: if i.is_multiple_of(7) { vec![VIP] } else { Vec::new() },
            job: JOBS[i % JOBS.len()],
            created_at,
            updated_at: created_at + rng.random_range(0..span.max(1)),
            merged_into: None,
        }
    }

    /// The admins who are people; Operator comes last in the list.
    pub fn human_admins(&self) -> &[Admin] {
        let bots = self.admins.iter().filter(|admin| admin.is_bot).count();
        &self.admins[..self.admins.len() - bots]
    }
}
