//! The topics that customers write about.

/// What a conversation is about, with the words both sides use for it.
#[derive(Debug)]
pub struct Topic {
    pub name: &'static str,
    pub subject: &'static str,
    /// What the conversation starts with.
    pub openings: &'static [&'static str],
    pub customer: &'static [&'static str],
    pub agent: &'static [&'static str],
}

// `{o}` stands for an order number, `{a}` for an amount, `{d}` for a date, `{c}` for a code.
pub const TOPICS: [Topic; 10] = [
    Topic {
        name: "refund",
        subject: "Refund for order {o}",
        openings: &[
            "I returned order {o} on {d} and still have not received my refund of {a}.",
            "Could you please refund {a}? I was charged for order {o} although I cancelled it.",
            "The refund for {o} went to an expired card. How do I get my {a} back?",
        ],
        customer: &[
            "My bank says that no refund is pending.",
            "The return label was scanned on {d}, so the parcel must have arrived.",
            "I would accept store credit if the refund takes longer than a week.",
            "Please refund to my new card, not to the old one.",
        ],
        agent: &[
            "I have issued the refund of {a}; it should reach your account within 5 business days.",
            "The warehouse confirmed your return on {d}, so I approved the refund.",
            "I can offer a partial refund of {a} because the item was opened.",
            "The refund reference is {c}; your bank can trace it.",
        ],
    },
    Topic {
        name: "login",
        subject: "Cannot log in",
        openings: &[
            "I cannot log in since the update: the page says error {c}.",
            "The password reset email never arrives, also not in spam.",
            "Two-factor login rejects every code from my authenticator app.",
        ],
        customer: &[
            "I cleared the cookies and tried another browser, same result.",
            "Our whole team is locked out of the dashboard.",
            "The magic link says that it has expired right after I get it.",
            "Single sign-on sends me back to the login page in a loop.",
        ],
        agent: &[
            "I have reset your two-factor device, please log in again and scan the new code.",
            "Your identity provider sends a different email address than the one in your profile.",
            "I unlocked the account; it was blocked after ten failed attempts.",
            "Please check that the clock of your phone is set automatically.",
        ],
    },
    Topic {
        name: "shipping",
        subject: "Where is my parcel {o}?",
        openings: &[
            "Order {o} was promised for {d}, but tracking has not moved for a week.",
            "The courier marked {o} as delivered and there is no parcel.",
            "Can I change the delivery address of order {o}?",
        ],
        customer: &[
            "The tracking number {c} is unknown to the carrier.",
            "Nobody rang the bell although I was home all day.",
            "I need it before {d}, it is a birthday present.",
            "The box arrived damaged, photos are attached.",
        ],
        agent: &[
            "I opened an investigation with the carrier, case {c}.",
            "The parcel is held at customs; they need an invoice copy.",
            "I am sending a replacement today with express shipping.",
            "The delivery address is changed, the new estimate is {d}.",
        ],
    },
    Topic {
        name: "invoice",
        subject: "Question about invoice {c}",
        openings: &[
            "Invoice {c} shows {a}, but our contract says something else.",
            "We need our VAT number on invoice {c} from {d}.",
            "Where can I download the invoices of last year?",
        ],
        customer: &[
            "Our accounting needs a PDF with the purchase order number.",
            "The tax rate looks wrong for a reverse-charge customer.",
            "We were billed for 25 seats and use only 19.",
            "Can you send invoices to billing@customer.example from now on?",
        ],
        agent: &[
            "I corrected the invoice and issued a credit note of {a}.",
            "You find all invoices under Settings → Billing → History.",
            "The proration of {a} comes from the seats added on {d}.",
            "Our finance team has added your VAT number and re-issued invoice {c}.",
        ],
    },
    Topic {
        name: "api error",
        subject: "API returns 422 / {c}",
        openings: &[
            "Since {d} our integration gets HTTP 422 with code {c} on every create call.",
            "The webhook for order events is delivered twice.",
            "Is there a rate limit on the export endpoint? We see a lot of 429 answers.",
        ],
        customer: &[
            "Here is the request: <code>POST /v2/orders?expand=lines&amp;limit=50</code>",
            "The response has <code>{\"error\": \"invalid_signature\"}</code> although the secret did not change.",
            "With curl it works, with your Python SDK it times out after 30 seconds.",
            "Pagination returns the same cursor again and again.",
        ],
        agent: &[
            "The signature must be computed over the raw body, before any JSON parsing.",
            "We deployed a fix for the duplicate webhooks; request {c} was the last one affected.",
            "Please retry with exponential backoff; the limit is 100 calls a minute.",
            "Could you send the request id of a failing call? It is in the response headers.",
        ],
    },
    Topic {
        name: "cancellation",
        subject: "Please cancel our subscription",
        openings: &[
            "Please cancel our subscription at the end of the month.",
            "How do I cancel the trial before it renews on {d}?",
            "We want to downgrade from Pro to Starter, is that possible mid-term?",
        ],
        customer: &[
            "The cancel button is greyed out for me, I am not the owner.",
            "We moved to another tool because reporting was missing.",
            "Will our data be deleted after the cancellation?",
            "You still charged {a} after I cancelled!",
        ],
        agent: &[
            "Your subscription is cancelled with effect from {d}; you keep access until then.",
            "May I ask what made you leave? I could offer three months at half price.",
            "Your data stays available for export for 30 days.",
            "I reversed the charge of {a}, sorry for the mistake.",
        ],
    },
    Topic {
        name: "onboarding",
        subject: "Help with the first import",
        openings: &[
            "We are setting up our account and the CSV import stops at row 1,000.",
            "How can I invite my colleagues without giving them admin rights?",
            "Is there a checklist for moving from our old system?",
        ],
        customer: &[
            "The import says that column \"größe\" is unknown.",
            "Do you have a sandbox where we can try it out first?",
            "A short call this week would help us a lot.",
            "The video in the help centre shows an older interface.",
        ],
        agent: &[
            "The file has a byte-order mark; save it as plain UTF-8 and the import runs through.",
            "I added the role <b>Editor</b> to your workspace, you can assign it under Settings → Team.",
            "I booked us a session for {d}, the invitation is on its way.",
            "<ol><li>Export your contacts</li><li>Map the columns</li><li>Start the import</li></ol>",
        ],
    },
    Topic {
        name: "bug",
        subject: "Dashboard shows wrong numbers",
        openings: &[
            "The dashboard shows 0 orders for yesterday, which cannot be right.",
            "Charts stay empty in Safari since the release of {d}.",
            "Exported spreadsheets have all dates shifted by one day.",
        ],
        customer: &[
            "Screenshot attached; the numbers in the list are right, the total is not.",
            "It happens only in the time zone Asia/Tokyo.",
            "After a reload it works for a minute and then breaks again.",
            "When will this be fixed? We report to management on {d}.",
        ],
        agent: &[
            "I can reproduce it and filed it as {c} with our engineers.",
            "A fix is rolled out; please reload with Ctrl+Shift+R.",
            "As a workaround, switch the report to UTC.",
            "The incident is resolved, see our status page for the post-mortem.",
        ],
    },
    Topic {
        name: "feature request",
        subject: "Idea: scheduled reports",
        openings: &[
            "It would be great to get the weekly report by email automatically.",
            "Do you plan a dark mode for the mobile app?",
            "We would like to filter the list by more than one tag.",
        ],
        customer: &[
            "Our competitors have that for years :-)",
            "An API for it would be enough, we can build the rest.",
            "Is there a public roadmap that I can follow?",
            "Happy to join a beta if you look for testers 🎉",
        ],
        agent: &[
            "I added your vote to the request, 41 customers want the same.",
            "That is on our roadmap for the next quarter.",
            "You can get close to it with a saved view and a webhook.",
            "Thank you for the idea! I passed it on to our product team.",
        ],
    },
    Topic {
        name: "warranty",
        subject: "Warranty claim {o}",
        openings: &[
            "The device from order {o} stopped charging after four months.",
            "The zipper broke on the first day, is that covered by warranty?",
            "How long is the warranty on refurbished items?",
        ],
        customer: &[
            "The serial number is {c}.",
            "I no longer have the original packaging.",
            "I'd prefer a repair over a replacement.",
            "A video of the defect is in the attachment.",
        ],
        agent: &[
            "The warranty covers this; I created return label {c}.",
            "Please send a photo of the serial number on the back.",
            "A replacement left our warehouse on {d}.",
            "Water damage is not covered, but I can offer a repair for {a}.",
        ],
    },
];
