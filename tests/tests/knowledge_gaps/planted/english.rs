//! Questions to companies of several kinds, each asked in five ways.

use super::{Covered, Plan, Topic};

const WITHOUT_ARTICLE: [Topic; 12] = [
    Topic {
        name: "provisioning",
        questions: &[
            "How do we set up SCIM with Okta?",
            "Can users be provisioned automatically from Azure, via SCIM for example?",
            "Your SCIM endpoint returns an error as soon as I push groups from Okta.",
            "When somebody leaves the company we want them deprovisioned. Does SCIM do that?",
            "Where is the SCIM token for our identity provider?",
        ],
        answers: &[
            "SCIM is switched on under Security, Provisioning. Copy the token into Okta and assign the groups there.",
            "Groups are pushed by Okta once provisioning is on; the token is under Security.",
        ],
    },
    Topic {
        name: "gift cards",
        questions: &[
            "Do you sell gift cards? I would like to give one to my sister.",
            "My gift card code is not accepted at the checkout.",
            "How long is a gift card valid?",
            "Is it possible to pay half with a gift card and half with something else?",
            "I bought two giftcards, they never arrived by mail. The gift card was meant for today!",
        ],
        answers: &[
            "A gift card is valid for three years. Enter its code in the last step, the rest can be paid in any other way.",
            "I have sent the gift card once more; its code is entered in the last step.",
        ],
    },
    Topic {
        name: "allergens",
        questions: &[
            "Does the muesli contain nuts? My daughter is allergic.",
            "Where do I find the allergens of each meal?",
            "I am allergic to soy, and the list of ingredients of the curry names no allergens.",
            "Are there traces of peanuts in the muesli bars? Allergy!",
            "Which meals are free of gluten? We need to know all allergens.",
        ],
        answers: &[
            "Allergens are in bold on each package; the muesli has traces of nuts and soy.",
            "All allergens of a meal are in bold in the list of ingredients; gluten-free meals have a green leaf.",
        ],
    },
    Topic {
        name: "data residency",
        questions: &[
            "In which country are our data hosted? We need residency in the EU.",
            "Our legal department asks whether data leave Frankfurt, so: do you offer EU data residency?",
            "Can an existing account move to the European data center?",
            "Is there hosting in Germany? GDPR demands that data stay in Europe, says our DPO.",
            "What does data residency cost? We want everything hosted in the EU.",
        ],
        answers: &[
            "New accounts can choose EU data residency in Frankfurt. We move existing ones on a weekend.",
            "Everything is hosted in Frankfurt if you choose EU residency; the move takes a weekend.",
        ],
    },
    Topic {
        name: "loyalty points",
        questions: &[
            "My loyalty points from last month are missing.",
            "How many points do I get for each euro, and when do loyalty points expire?",
            "Can points be transferred to my husband's loyalty account?",
            "I want to redeem my loyalty points but the button is grey.",
            "Were points for the last purchase forgotten? My loyalty balance did not change.",
        ],
        answers: &[
            "Loyalty points are booked after 14 days and expire after two years.",
            "Points can be redeemed from 500 on; they are booked after 14 days.",
        ],
    },
    Topic {
        name: "barcode scanner",
        questions: &[
            "Which bluetooth barcode scanners work with the tablet?",
            "The barcode scanner pairs by Bluetooth, but nothing is scanned.",
            "Our Zebra scanner adds a line break after each barcode.",
            "Can I scan barcodes with the phone's camera instead of a scanner?",
            "Need a recommendation: a scanner for barcodes in a cold store.",
        ],
        answers: &[
            "Set the barcode scanner to HID mode and pair it anew; suffixes are switched off with the code in its manual.",
            "Any bluetooth scanner in HID mode works, Zebra and Datalogic are tried.",
        ],
    },
    Topic {
        name: "donation receipt",
        questions: &[
            "I donated in spring and need a donation receipt for the tax office.",
            "Where do I get the receipt for my donations?",
            "The charity name on the donation receipt is wrong.",
            "Do you send one yearly receipt for all donations?",
            "Our foundation rounds up purchases as a donation. Who issues the donation receipts to donors?",
        ],
        answers: &[
            "Donation receipts for a year are mailed in February; I attach yours.",
            "I have corrected the charity on the donation receipt, it is attached.",
        ],
    },
    Topic {
        name: "holiday hold",
        questions: &[
            "We go on holiday for three weeks. Can deliveries be paused?",
            "How do I pause my weekly box while on vacation?",
            "Please stop the box during our holiday, from Monday on.",
            "I paused the deliveries for the holidays and the box came all the same.",
            "Is there a limit for how long I may pause the box?",
        ],
        answers: &[
            "Deliveries pause under My box, Pause, up to eight weeks; please do it two days ahead.",
            "I have paused your box until you are back from your holiday.",
        ],
    },
    Topic {
        name: "wholesale",
        questions: &[
            "We run a shop and would like to resell your products. Is there a wholesale price list?",
            "What is the minimum quantity for wholesale prices?",
            "How do we become a reseller in Austria?",
            "Do resellers get marketing material, and what margin is usual in wholesale?",
            "Our wholesale discount is not shown although we are a registered reseller.",
        ],
        answers: &[
            "Resellers get the wholesale price list after registration, from 50 pieces on.",
            "The wholesale discount shows once the reseller registration is confirmed; it is now.",
        ],
    },
    Topic {
        name: "calendar sync",
        questions: &[
            "Can appointments be synced with Google Calendar?",
            "Outlook shows every appointment twice since I connected the calendar.",
            "The calendar sync stopped, new appointments do not appear in Outlook.",
            "How do I subscribe to the team's calendar on an iPhone?",
            "Is the calendar sync two-way? Appointments that I move in Google stay where they were.",
        ],
        answers: &[
            "Disconnect the calendar, delete the old one in Outlook and connect it once more.",
            "Calendar sync is two-way for Google and one-way for Outlook; reconnect it under Integrations.",
        ],
    },
    Topic {
        name: "audit log",
        questions: &[
            "Our auditor wants an audit log of who changed permissions.",
            "How long are audit logs kept, and can they be exported?",
            "Can we stream the audit log to Splunk?",
            "For SOC 2 we have to show sign-ins and permission changes. Is there an audit trail?",
            "The exported audit log has no IP addresses, which the auditors ask for.",
        ],
        answers: &[
            "The audit log is under Security and kept for 13 months; Splunk is fed by a stream.",
            "I have switched on the extended audit log with IP addresses for your auditors.",
        ],
    },
    Topic {
        name: "screen reader",
        questions: &[
            "I am blind and use a screen reader. The menu is not announced.",
            "With NVDA the buttons have no labels.",
            "Is your site accessible? My son uses VoiceOver as a screen reader.",
            "Keyboard focus gets lost in the dialog, which makes it unusable with a screen reader.",
            "Do you have an accessibility statement (WCAG, VPAT)? A colleague works with JAWS, the screen reader.",
        ],
        answers: &[
            "Our accessibility statement lists what works with NVDA and VoiceOver; the menu is fixed in the next release.",
            "Thank you, labels for screen readers come with the next release.",
        ],
    },
];

const WITH_ARTICLE: [Covered; 6] = [
    (
        Topic {
            name: "student discount",
            questions: &[
                "Is there a discount for students?",
                "My student ID was not accepted for the student discount.",
                "How long does the student discount last after graduation?",
                "I study abroad; can foreign students get the discount?",
            ],
            answers: &[
                "Upload the student card under Discounts, please.",
                "Foreign universities are fine, too.",
            ],
        },
        "Discount for students and pupils",
        "<p>Students of any country pay half. Upload a valid student ID; a person looks at it within a day. The discount lasts until a year after graduation.</p>",
    ),
    (
        Topic {
            name: "offline",
            questions: &[
                "Does the mobile app work offline, in a cellar without reception?",
                "Entries that I made offline on the phone were not uploaded.",
                "How much is stored for offline use on my mobile?",
                "The app says offline although wifi is there.",
            ],
            answers: &[
                "Pull down once to upload what was made offline.",
                "Offline data are uploaded as soon as there is reception.",
            ],
        },
        "Working offline with the mobile app",
        "<p>The mobile app stores the last 30 days on the phone. What is entered offline is uploaded when wifi or reception is back; pull the list down to do it at once.</p>",
    ),
    (
        Topic {
            name: "sender domain",
            questions: &[
                "How do I set DKIM for our own sender domain?",
                "Mails from our domain end in spam since the DNS change, DKIM says fail.",
                "Which DNS records are needed for our domain, SPF as well as DKIM?",
                "The domain check says pending for two days, the DKIM record is set.",
            ],
            answers: &[
                "DNS takes up to 48 hours; the DKIM record needs an underscore.",
                "I have triggered the domain check.",
            ],
        },
        "Send from your own domain: DNS, SPF and DKIM",
        "<p>Add three records to the DNS of your domain: one for SPF, two for DKIM. The check is pending until they are seen, which takes two days at most. Without DKIM, mails may be taken for spam.</p>",
    ),
    (
        Topic {
            name: "currencies",
            questions: &[
                "Can we show prices in several currencies, euro and dollar?",
                "The exchange rate of our second currency is from last year.",
                "How do I add Swiss francs as a currency?",
                "Prices in dollars are rounded oddly, can the currency rounding be changed?",
            ],
            answers: &["Currencies are added under Prices.", "The exchange rate is fetched each night."],
        },
        "Prices in several currencies",
        "<p>Add a currency under Prices: dollars, Swiss francs, or any other. The exchange rate is fetched every night, or fixed by you. Rounding is set for each currency.</p>",
    ),
    (
        Topic {
            name: "timesheets",
            questions: &[
                "How can I approve the timesheets of my team?",
                "A colleague submitted the wrong timesheet, can it be reopened?",
                "Timesheets of last week are locked although nobody approved them.",
                "Is there a reminder for those who forget their timesheet?",
            ],
            answers: &[
                "Approvers are set under Team; a timesheet can be sent back.",
                "Reminders go out on Fridays.",
            ],
        },
        "Approve, reopen and lock timesheets",
        "<p>Team leads approve timesheets on Mondays. A submitted timesheet is reopened by sending it back. Weeks are locked after payroll. A reminder goes to all who have not submitted.</p>",
    ),
    (
        Topic {
            name: "account deletion",
            questions: &[
                "Please delete my account and all personal data.",
                "How do I erase an account under GDPR?",
                "I deleted my account, but still get personal newsletters.",
                "Is my personal data really erased when the account is deleted?",
            ],
            answers: &[
                "The account is deleted within 30 days.",
                "Personal data are erased, invoices stay for ten years.",
            ],
        },
        "Delete your account and personal data",
        "<p>Owners delete the account under Privacy. Personal data are erased within 30 days as GDPR demands; newsletters end at once.</p>",
    ),
];

/// Articles for what the simulator's customers write about, in words of their own.
pub const OF_THE_SIMULATOR: [(&str, &str); 10] = [
    (
        "Refunds: when you receive your money",
        "<p>Once the warehouse has your returned order, the refund is on its way: you receive it within five days. Were you charged for something that you cancelled? Tell us the order. A refund goes back to the card that paid, also when that card has expired: the bank passes it on.</p>",
    ),
    (
        "I cannot log in",
        "<p>If the login page says error with a code since an update, the code tells the cause. If the email for a password reset never arrives, look in spam. If two-factor login rejects every code, the clock of the phone with the authenticator app is wrong.</p>",
    ),
    (
        "Delivery: where is my parcel?",
        "<p>Tracking has moved no further for a week, though the order was promised for a certain day? Carriers scan at hubs only. If the courier marked an order as delivered and there is no parcel, ask the neighbours, then us. The delivery address can be changed until the order leaves.</p>",
    ),
    (
        "Invoices, VAT and billing",
        "<p>Download every invoice of this year and the last under Billing. If an invoice shows something else than your contract says, write to us. Enter your VAT number once, it is on each later invoice.</p>",
    ),
    (
        "API: errors, webhooks and limits",
        "<p>HTTP 422 on a create call: the code names the field that your integration gets wrong. An order event may be delivered twice, so a webhook must be idempotent. The rate limit of the export endpoint is 100 calls a minute; 429 answers say when to go on.</p>",
    ),
    (
        "Cancel a subscription, a trial, or change the plan",
        "<p>Cancel a subscription until the end of the month. A trial renews on the day that is shown unless you cancel before. A downgrade from Pro to Starter is possible at the end of a term, not mid-term.</p>",
    ),
    (
        "Set up your account: checklist, import, colleagues",
        "<p>Our checklist for moving from an old system: export there, CSV import here, then invite colleagues. An import that stops at a row has a wrong value there. Invite people as members to keep admin rights to yourself.</p>",
    ),
    (
        "Dashboard, charts and exports show something wrong",
        "<p>The dashboard shows orders of yesterday only after the night's run: 0 is not right yet. Charts stay empty in Safari with blockers, since the last release says so. Dates in exported spreadsheets are shifted by a day if the time zone differs.</p>",
    ),
    (
        "What is planned: dark mode, reports by email, filters",
        "<p>A weekly report that you get by email automatically, dark mode for the mobile app, and a list that you filter by more than one tag are all planned.</p>",
    ),
    (
        "What the warranty covers, and how long",
        "<p>The warranty is two years, on refurbished items one. It covers a device that stopped charging after some months, and a zipper that broke on its first day. Send us the order.</p>",
    ),
];

pub const ENGLISH: Plan = Plan {
    without_article: &WITHOUT_ARTICLE,
    with_article: &WITH_ARTICLE,
    bad: &[
        "Connect a printer",
        "Change the billing cycle",
        "Set up single sign-on with SAML",
        "Archive old projects",
        "Share a board with guests",
        "Merge duplicate customers",
        "Configure opening hours",
        "Restore a deleted file",
    ],
    good: &[
        "Invite your colleagues",
        "Choose a language",
        "Add a profile picture",
        "Install the desktop app",
        "Use templates",
        "Sort and filter lists",
        "Print a shipping label",
        "Set up notifications",
        "Rename a workspace",
        "Attach files to a task",
    ],
    article: "Open the settings, choose what you need, and save. Owners may do it for others.",
    before: &[
        "Hi there,",
        "Good morning, I hope that you can help me.",
        "Hello! I have been a customer for years and am quite happy so far.",
        "Sorry to bother you again.",
        "My boss asked me to find out:",
        "I searched your website for an hour and found nothing.",
        "Quick one before the weekend.",
        "We talked on the phone last Tuesday, a very friendly gentleman.",
        "This is urgent, there is a meeting in an hour.",
        "As a newcomer I may just be too stupid.",
        "Hey team!",
        "I already restarted the computer twice.",
    ],
    after: &[
        "Thanks in advance!",
        "Kind regards from rainy Hamburg",
        "Could somebody call me back?",
        "I am available all afternoon.",
        "Sent from my iPhone",
        "A colleague of mine wonders about the same.",
        "It used to be easier in the old days.",
        "Looking forward to your reply.",
        "If not, no problem, just tell me.",
        "Cheers",
        "Please answer in simple words, English is not my language.",
        "The screenshot is attached.",
    ],
    openings: &[
        "Thank you for asking.",
        "Happy to help!",
        "Sorry for the trouble.",
        "Good question.",
        "I looked into this for you:",
        "Hello, and welcome back.",
        "Thanks for your patience.",
        "No problem at all.",
    ],
};
