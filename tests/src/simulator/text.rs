//! Customers' and agents' words over everyday support topics, as the HTML that Intercom stores.

use rand::RngExt;
use rand::rngs::ChaCha8Rng;

use super::directory::pick;
use super::topics::Topic;

/// Whole messages in other scripts, as customers write them.
const OTHER_LANGUAGES: [(&str, &str); 13] = [
    (
        "de",
        "Guten Tag, ich warte seit zwei Wochen auf meine Rückerstattung. Könnten Sie das bitte prüfen? Viele Grüße",
    ),
    (
        "fr",
        "Bonjour, je n'ai toujours pas reçu ma facture du mois dernier. Pourriez-vous me l'envoyer, s'il vous plaît ?",
    ),
    ("es", "Hola, ¿cuándo llegará mi pedido? El número de seguimiento no funciona y mañana salgo de viaje."),
    ("pt", "Olá, não consigo acessar a minha conta desde ontem. A senha está correta!"),
    ("ja", "お世話になっております。注文した商品がまだ届いていません。配送状況を確認していただけますか。"),
    ("zh", "你好，我的订单显示已送达，但是我没有收到包裹。请帮我查询一下物流信息，谢谢！"),
    ("th", "สวัสดีค่ะ ต้องการขอเงินคืนสำหรับคำสั่งซื้อที่ยกเลิกไปแล้ว รบกวนตรวจสอบให้ด้วยนะคะ"),
    ("ar", "مرحبًا، لم أستلم طلبي حتى الآن. هل يمكنكم التحقق من حالة الشحن؟ شكرًا لكم."),
    ("he", "שלום, החשבונית האחרונה שגויה. אפשר בבקשה לתקן ולשלוח שוב?"),
    ("ru", "Здравствуйте! Не могу войти в личный кабинет, письмо для сброса пароля не приходит."),
    ("ko", "안녕하세요, 결제가 두 번 되었습니다. 한 건을 취소해 주세요."),
    (
        "odd",
        "Z\u{0335}a\u{0321}l\u{0301}g\u{0334}o \u{feff}text\u{200b}with \u{2028} separators, a family \
         👩\u{200d}👩\u{200d}👧, a flag 🇮🇪 and \u{202e}reversed\u{202c} words",
    ),
    ("hi", "नमस्ते, मेरा ऑर्डर अभी तक नहीं आया है। कृपया स्थिति बताइए।"),
];

const QUOTED: &str = "<blockquote type=\"cite\"><p>On {d}, Acme Support wrote:</p><p>Please reply above this \
                      line &mdash; ticket {c}</p></blockquote>";

const GREETINGS: [&str; 8] =
    ["Hi there,", "Hello,", "Hey team 👋", "Good morning,", "Dear support,", "Hi!", "Hello again,", "Hi,"];
const CLOSINGS: [&str; 8] = [
    "Thanks!",
    "Thank you in advance 🙏",
    "Best regards",
    "Please hurry.",
    "Cheers",
    "I look forward to your answer.",
    "This is really frustrating 😡",
    "Thanks &amp; kind regards",
];
const AGENT_OPENINGS: [&str; 6] = [
    "Thanks for reaching out!",
    "Sorry for the trouble.",
    "Thank you for your patience.",
    "I looked into this for you.",
    "Happy to help 😊",
    "Good news:",
];
const AGENT_CLOSINGS: [&str; 5] = [
    "Let me know if anything else comes up.",
    "Does that help?",
    "I will keep you posted.",
    "Have a great day!",
    "Is there anything else I can do for you?",
];
const NOTES: [&str; 7] = [
    "Customer is on the Enterprise plan, please prioritise.",
    "Called them, no answer. Try again tomorrow.",
    "Checked the logs: request {c} failed upstream.",
    "@Dana can you take this one? Needs a decision about {a}.",
    "Same problem as order {o}, probably the same root cause.",
    "Possible fraud, do not refund before finance has confirmed.",
    "Promised an answer by {d}.",
];
const REMARKS: [&str; 8] = [
    "Very fast and friendly, thank you!",
    "Took far too long.",
    "Problem solved, but I had to explain it three times.",
    "Amazing support 💯",
    "The bot was useless, the human was great.",
    "Still not solved.",
    "👍",
    "とても親切でした",
];
pub const ARTICLES: [&str; 6] = [
    "How refunds work",
    "Reset your password",
    "Track your order",
    "Understand your invoice",
    "API errors and what they mean",
    "Cancel or change your plan",
];

/// `template` with its placeholders filled in.
pub fn fill(rng: &mut ChaCha8Rng, template: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(template.len() + 16);
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        let (mark, after) = match rest.get(open + 1..open + 3) {
            Some(mark) if mark.ends_with('}') => (mark.as_bytes()[0], &rest[open + 3..]),
            _ => (b'{', &rest[open + 1..]),
        };
        // Writing to a String cannot fail.
        let _ = match mark {
            b'o' => write!(out, "#{}", rng.random_range(100_000..999_999)),
            b'a' => write!(out, "€{}.{:02}", rng.random_range(5..900), rng.random_range(0..100)),
            b'd' => write!(
                out,
                "{} {}",
                pick(rng, &["March", "May", "June", "August", "October"]),
                rng.random_range(1..29)
            ),
            b'c' => write!(
                out,
                "{}-{}",
                pick(rng, &["INV", "ERR", "TRK", "REQ"]),
                rng.random_range(1_000..99_999)
            ),
            other => write!(out, "{}", char::from(other)),
        };
        rest = after;
    }
    out.push_str(rest);
    out
}

fn phrase(rng: &mut ChaCha8Rng, templates: &[&str]) -> String {
    let template = pick(rng, templates);
    fill(rng, template)
}

/// The first message of a conversation about `topic`.
pub fn opening(rng: &mut ChaCha8Rng, topic: &Topic) -> String {
    if rng.random_bool(0.06) {
        return paragraphs(&[pick(rng, &OTHER_LANGUAGES).1.to_owned()]);
    }
    let text = phrase(rng, topic.openings);
    paragraphs(&[format!("{} {text}", pick(rng, &GREETINGS)), pick(rng, &CLOSINGS).to_owned()])
}

/// A later message of the customer.
pub fn customer(rng: &mut ChaCha8Rng, topic: &Topic) -> String {
    if rng.random_bool(0.04) {
        return paragraphs(&[pick(rng, &OTHER_LANGUAGES).1.to_owned()]);
    }
    let mut lines = vec![phrase(rng, topic.customer)];
    if rng.random_bool(0.4) {
        lines.push(phrase(rng, topic.customer));
    }
    if rng.random_bool(0.3) {
        lines.push(pick(rng, &CLOSINGS).to_owned());
    }
    if rng.random_bool(0.03) {
        lines.push(fill(rng, QUOTED));
    }
    if rng.random_bool(0.02) {
        let number = rng.random_range(10_000..99_999);
        lines.push(format!(
            "<div class=\"intercom-container\"><img src=\"https://downloads.acme.example/i/o/{number}/image.png\" \
             alt=\"screen\"></div>"
        ));
    }
    paragraphs(&lines)
}

/// An agent's answer.
pub fn agent(rng: &mut ChaCha8Rng, topic: &Topic) -> String {
    let mut lines = vec![format!("{} {}", pick(rng, &AGENT_OPENINGS), phrase(rng, topic.agent))];
    if rng.random_bool(0.35) {
        lines.push(phrase(rng, topic.agent));
    }
    if rng.random_bool(0.15) {
        lines.push(format!(
            "<a href=\"https://help.acme.example/articles/{}?source=inbox&amp;lang=en\" rel=\"nofollow noopener \
             noreferrer\" target=\"_blank\">{}</a>",
            rng.random_range(1_000..9_000),
            pick(rng, &ARTICLES)
        ));
    }
    lines.push(pick(rng, &AGENT_CLOSINGS).to_owned());
    paragraphs(&lines)
}

/// An internal note.
pub fn note(rng: &mut ChaCha8Rng) -> String {
    paragraphs(&[phrase(rng, &NOTES)])
}

/// What a customer writes beside a rating.
pub fn remark(rng: &mut ChaCha8Rng) -> String {
    pick(rng, &REMARKS).to_owned()
}

/// The title of a help article.
pub fn article(rng: &mut ChaCha8Rng) -> &'static str {
    pick(rng, &ARTICLES)
}

/// An e-mail of about `bytes` bytes: an answer on top of a long quoted history.
pub fn long_mail(rng: &mut ChaCha8Rng, topic: &Topic, bytes: usize) -> String {
    let mut mail = customer(rng, topic);
    mail.push_str("<blockquote type=\"cite\">");
    while mail.len() < bytes {
        mail.push_str(&opening(rng, topic));
        mail.push_str(&agent(rng, topic));
        mail.push_str(
            "<br>&nbsp;<hr><div class=\"intercom-container\"><img src=\"https://downloads.acme.example/i/o/",
        );
        mail.push_str(&rng.random_range(10_000..99_999).to_string());
        mail.push_str("/image.png\"></div>");
    }
    mail.push_str("</blockquote>");
    mail
}

fn paragraphs(lines: &[String]) -> String {
    let mut html = String::with_capacity(lines.iter().map(|line| line.len() + 7).sum());
    for line in lines {
        if ["<ol>", "<div", "<blockquote"].iter().any(|block| line.starts_with(block)) {
            html.push_str(line);
        } else {
            html.push_str("<p>");
            html.push_str(line);
            html.push_str("</p>");
        }
    }
    html
}
