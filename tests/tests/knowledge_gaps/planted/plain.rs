//! Short questions of a software company, of which teammates say much the same each time, and
//! articles that say little beyond their titles.

use super::{Covered, Plan, Topic};

const WITHOUT_ARTICLE: [Topic; 12] = [
    Topic {
        name: "excel export",
        questions: &[
            "How do I export the table to Excel?",
            "Excel export please!",
            "Export to xlsx (Excel) fails.",
        ],
        answers: &["Use the Excel button above the table, it exports what you filtered."],
    },
    Topic {
        name: "transfer ownership",
        questions: &[
            "How can I transfer ownership of the workspace to a colleague?",
            "Our owner left the company. How do we transfer the ownership?",
            "I want to hand over ownership.",
        ],
        answers: &["I have started the transfer of ownership; the new owner confirms it by mail."],
    },
    Topic {
        name: "slack",
        questions: &[
            "Do you have a Slack integration?",
            "Slack messages are not posted.",
            "Connect to Slack channel",
        ],
        answers: &["Slack is connected by adding our bot to the channel with /invite."],
    },
    Topic {
        name: "zapier",
        questions: &[
            "Is there a Zapier app?",
            "My zap in Zapier has stopped.",
            "Trigger a Zapier zap on a new row",
        ],
        answers: &["Zapier needs a new connection since the update, turn the zap off and on."],
    },
    Topic {
        name: "keyboard shortcuts",
        questions: &[
            "Is there a list of keyboard shortcuts?",
            "Can I change keyboard shortcuts?",
            "The shortcut for search does not work on my keyboard.",
        ],
        answers: &["Press the question mark to see all shortcuts; they follow the keyboard layout."],
    },
    Topic {
        name: "time zone",
        questions: &[
            "Meetings are shown in the wrong timezone.",
            "How do I change my timezone?",
            "Our team is in three timezones, whose timezone is used?",
        ],
        answers: &["Every member sets a timezone in the profile; meetings use the organiser's timezone."],
    },
    Topic {
        name: "watermark",
        questions: &[
            "How do I get rid of the watermark?",
            "There is a watermark on my PDF although I pay.",
            "Can we use our own logo as watermark?",
        ],
        answers: &["The watermark goes away once the document is rendered again on a paid seat."],
    },
    Topic {
        name: "nonprofit",
        questions: &[
            "Do you offer nonprofit pricing?",
            "We are a nonprofit, how do we apply?",
            "Our nonprofit status was rejected.",
        ],
        answers: &["Nonprofits send us their certificate and pay a third; I applied it to you."],
    },
    Topic {
        name: "signature",
        questions: &[
            "Is your electronic signature legally binding?",
            "The signer never received the signature request.",
            "Can two people sign with one electronic signature?",
        ],
        answers: &["Electronic signatures are binding under eIDAS; I sent the signature request again."],
    },
    Topic {
        name: "rate card",
        questions: &[
            "How much storage is included?",
            "We are out of storage, can we buy more storage?",
            "What counts towards the storage quota?",
        ],
        answers: &["Storage is 50 GB a seat, trash included; empty the trash to free the quota."],
    },
    Topic {
        name: "webinar",
        questions: &[
            "Where is the recording of yesterday's webinar?",
            "I could not join the webinar.",
            "Is there a webinar for beginners?",
        ],
        answers: &["Webinar recordings are on our channel the day after; the next webinar is on Thursday."],
    },
    Topic {
        name: "custom fields",
        questions: &[
            "How many custom fields can I create?",
            "A custom field disappeared from the form.",
            "Can a custom field be mandatory?",
        ],
        answers: &["Custom fields are unlimited; make one mandatory in the form designer."],
    },
];

const WITH_ARTICLE: [Covered; 5] = [
    (
        Topic {
            name: "backup",
            questions: &[
                "How often do you make a backup?",
                "Can you restore a backup?",
                "I need a backup of my board.",
            ],
            answers: &["Backups are made each night.", "I have restored the backup of Monday."],
        },
        "Backups",
        "<p>We make them every night and keep them for a month. Ask us to restore one.</p>",
    ),
    (
        Topic {
            name: "roles",
            questions: &[
                "What may a viewer do compared with an editor role?",
                "Can I make my own role?",
                "A role with read access only is what we are looking for.",
            ],
            answers: &["Own roles are part of the larger plan.", "The viewer role reads only."],
        },
        "Roles and permissions explained",
        "<p>Viewers read, editors write, admins invite. Own roles can be made in the larger plan.</p>",
    ),
    (
        Topic {
            name: "guest links",
            questions: &[
                "Can somebody without a login open a public link?",
                "How do I revoke a public link?",
                "Does a public link expire?",
            ],
            answers: &["A public link is revoked under Share.", "Public links do not expire."],
        },
        "Public links",
        "<p>Anybody can open one, without an account. Revoke it under Share; it does not expire.</p>",
    ),
    (
        Topic {
            name: "holidays",
            questions: &[
                "How do I add bank holidays to the planner?",
                "The planner ignores our bank holidays.",
                "Which bank holidays does the planner know?",
            ],
            answers: &["Bank holidays come from the country of the team.", "Reload the planner."],
        },
        "Bank holidays in the planner",
        "<p>The country of a team decides. Add others by hand.</p>",
    ),
    (
        Topic {
            name: "api keys",
            questions: &[
                "Where do I create an API key?",
                "Our API key leaked, how do I rotate it?",
                "How many API keys may we have?",
            ],
            answers: &["API keys are under Developers.", "I revoked the leaked key."],
        },
        "Create and rotate API keys",
        "<p>Under Developers. A key is shown once. Rotate it when it leaked: both work for a day.</p>",
    ),
];

pub const PLAIN: Plan = Plan {
    without_article: &WITHOUT_ARTICLE,
    with_article: &WITH_ARTICLE,
    bad: &[
        "Print badges for an event",
        "Change the fiscal year",
        "Import a mailbox",
        "Close a project",
        "Work with sprints",
        "Clean up contacts",
        "Set business hours",
        "Undo a bulk edit",
    ],
    good: &[
        "Write your first document",
        "Choose a theme",
        "Add a photo",
        "Get the desktop app",
        "Templates",
        "Sort a list",
        "Make a label",
        "Turn on notifications",
        "Give a board another name",
        "Attach a file",
    ],
    article: "Go to the menu and follow the steps. Contact us if it does not work.",
    before: &["Hi,", "Hello team,", "Hey!", "Good day,"],
    after: &["Thanks!", "Best,", "Thank you in advance", "Regards, Sam"],
    openings: &["Thanks for reaching out!", "Happy to help!", "Hi, and thank you for your patience."],
};
