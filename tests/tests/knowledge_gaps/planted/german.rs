//! The same in German, with its joined words and endings.

use super::{Covered, Plan, Topic};

const WITHOUT_ARTICLE: [Topic; 12] = [
    Topic {
        name: "Wallbox",
        questions: &[
            "Lässt sich die Wallbox mit meiner Solaranlage koppeln?",
            "Die Wallbox lädt nur mit einer Phase, obwohl sie dreiphasig angeschlossen ist.",
            "Welche Wallboxen kann man mit Ihrer App steuern?",
            "Ich möchte das Auto über die Wallbox nur mit Solarstrom laden.",
        ],
        answers: &[
            "Die Wallbox wird im Menü Geräte mit der Solaranlage gekoppelt, danach lädt sie mit Überschuss.",
            "Bitte stellen Sie an der Wallbox den DIP-Schalter auf drei Phasen und koppeln Sie sie neu.",
        ],
    },
    Topic {
        name: "Vollmacht",
        questions: &[
            "Meine Mutter kann nicht mehr selbst anrufen. Reicht eine Vollmacht?",
            "Ich habe Ihnen die Vollmacht für meinen Vater geschickt, aber nichts gehört.",
            "Welches Formular brauche ich für eine Vollmacht?",
            "Gilt eine Vorsorgevollmacht auch bei Ihnen?",
        ],
        answers: &[
            "Die Vollmacht ist eingetragen, Sie dürfen nun für sie handeln.",
            "Schicken Sie uns die unterschriebene Vollmacht mit einer Kopie des Ausweises.",
        ],
    },
    Topic {
        name: "Rasenmäher",
        questions: &[
            "Der Mähroboter bleibt immer an derselben Stelle am Begrenzungskabel stehen.",
            "Wie tief muss ich das Begrenzungskabel für den Mähroboter verlegen?",
            "Mein Mähroboter findet die Ladestation nicht mehr.",
            "Braucht der Mähroboter ein Begrenzungskabel um den Teich?",
        ],
        answers: &[
            "Das Begrenzungskabel darf höchstens fünf Zentimeter tief liegen, an Ecken mit einem Radius.",
            "Prüfen Sie bitte am Mähroboter das Signal des Begrenzungskabels, meist ist es gebrochen.",
        ],
    },
    Topic {
        name: "Kindersitz",
        questions: &[
            "Passt der Kindersitz ohne Isofix in meinen Wagen?",
            "Bis zu welcher Größe darf meine Tochter im Kindersitz rückwärts fahren?",
            "Der Bezug vom Kindersitz geht nicht ab, er muss in die Wäsche.",
            "Haben Sie Kindersitze, die man mit dem Gurt befestigt?",
        ],
        answers: &[
            "Der Kindersitz wird mit Isofix oder dem Gurt befestigt; bis 105 cm fährt das Kind rückwärts.",
            "Den Bezug des Kindersitzes lösen Sie mit den drei Druckknöpfen unter dem Polster.",
        ],
    },
    Topic {
        name: "Jobticket",
        questions: &[
            "Bietet Ihre Plattform auch ein Jobticket für Angestellte?",
            "Das Jobticket unserer Mitarbeiterin wurde an der Schranke nicht erkannt.",
            "Wie rechnet man den Zuschuss zum Jobticket ab?",
            "Können wir Jobtickets für den ganzen Betrieb bestellen?",
        ],
        answers: &[
            "Jobtickets bestellt der Betrieb gesammelt, der Zuschuss steht dann in der Abrechnung.",
            "Das Jobticket ist neu freigeschaltet; bitte einmal in der App des Verkehrsverbunds anmelden.",
        ],
    },
    Topic {
        name: "Blutdruck",
        questions: &[
            "Das Blutdruckmessgerät zeigt immer nur Fehler E3.",
            "Wie übertrage ich die Werte vom Blutdruckmessgerät an meinen Arzt?",
            "Für welchen Armumfang ist die Manschette vom Blutdruckmessgerät?",
            "Die Manschette pumpt sich auf und das Blutdruckmessgerät bricht ab.",
        ],
        answers: &[
            "E3 heißt, dass die Manschette zu locker sitzt; sie gehört zwei Finger über die Ellenbeuge.",
            "Die Messwerte gehen als PDF an den Arzt; die große Manschette passt bis 42 cm.",
        ],
    },
    Topic {
        name: "Kurzarbeit",
        questions: &[
            "Wie trage ich Kurzarbeit in der Lohnabrechnung ein?",
            "Beim Kurzarbeitergeld fehlt der erhöhte Satz mit Kind.",
            "Wir melden zum ersten Mal Kurzarbeit an, wo finde ich die Liste für die Agentur?",
            "Das Kurzarbeitergeld wird für März doppelt berechnet.",
        ],
        answers: &[
            "Die Ausfallstunden gehören in die Spalte Kurzarbeit; die Liste für die Agentur entsteht daraus.",
            "Der Leistungssatz beim Kurzarbeitergeld kommt aus dem Kinderfreibetrag, er ist nun berichtigt.",
        ],
    },
    Topic {
        name: "Geschenkverpackung",
        questions: &[
            "Kann man das Paket als Geschenk einpacken lassen?",
            "Ich hatte Geschenkverpackung bestellt, es kam im braunen Karton.",
            "Liegt bei Geschenkverpackung der Preis mit drin?",
            "Bitte als Geschenk verpacken und eine Grußkarte beilegen.",
        ],
        answers: &[
            "Die Geschenkverpackung wählen Sie im Warenkorb; ein Lieferschein ohne Preis und eine Grußkarte liegen bei.",
            "Für die fehlende Geschenkverpackung erstatte ich Ihnen den Aufpreis, die Grußkarte kommt nach.",
        ],
    },
    Topic {
        name: "Vereinskonto",
        questions: &[
            "Wir sind ein gemeinnütziger Verein, gibt es dafür einen Tarif?",
            "Unser Kassenwart hat gewechselt, wer ändert das Vereinskonto?",
            "Gilt der Vereinstarif auch ohne Freistellungsbescheid?",
            "Kann der Verein mehrere Vorstände für das Konto eintragen?",
        ],
        answers: &[
            "Vereine zahlen die Hälfte; wir brauchen den Freistellungsbescheid und das Protokoll der Wahl.",
            "Der neue Vorstand ist für den Verein eingetragen, danke für das Protokoll.",
        ],
    },
    Topic {
        name: "Zeckenschutz",
        questions: &[
            "Ab welchem Alter darf mein Welpe das Zeckenhalsband tragen?",
            "Seit dem Zeckenhalsband kratzt sich der Hund am Hals.",
            "Wirkt das Zeckenhalsband noch nach dem Baden?",
            "Sind Zeckenhalsbänder für Katzen giftig?",
        ],
        answers: &[
            "Welpen dürfen das Zeckenhalsband ab zwölf Wochen tragen; es wirkt auch nach dem Baden.",
            "Bitte nehmen Sie das Zeckenhalsband ab und fragen Sie den Tierarzt, für Katzen ist es nicht geeignet.",
        ],
    },
    Topic {
        name: "Ferienhaus",
        questions: &[
            "Wo hole ich den Schlüssel für das Ferienhaus?",
            "Am Schlüsseltresor vom Ferienhaus stimmt der Zahlencode nicht.",
            "Wir kommen erst nachts am Ferienhaus an. Wie kommen wir an den Schlüssel?",
            "Die Gäste vor uns haben den Schlüssel mitgenommen!",
        ],
        answers: &[
            "Der Schlüssel liegt im Tresor neben der Tür; den Zahlencode schicken wir am Tag der Anreise.",
            "Ich habe den Zahlencode des Tresors neu gesetzt, der Ersatzschlüssel liegt darin.",
        ],
    },
    Topic {
        name: "Hörgerät",
        questions: &[
            "Das Hörgerät pfeift, sobald ich telefoniere.",
            "Welche Batterien gehören in das Hörgerät?",
            "Kann ich Hörgeräte mit dem Fernseher verbinden?",
            "Mein linkes Hörgerät ist leiser als das rechte.",
        ],
        answers: &[
            "Bitte wechseln Sie den Filter am Hörgerät und setzen Sie das Schirmchen neu auf, dann pfeift es nicht.",
            "Hörgeräte brauchen Batterien der Größe 312; für den Fernseher gibt es einen Streamer.",
        ],
    },
];

const WITH_ARTICLE: [Covered; 4] = [
    (
        Topic {
            name: "Ratenzahlung",
            questions: &[
                "Kann ich in Raten zahlen?",
                "Die zweite Rate wurde doppelt abgebucht.",
                "Wie hoch sind die Zinsen bei Ratenzahlung?",
            ],
            answers: &["Ratenzahlung gibt es ab 100 Euro.", "Die Rate wird am Ersten abgebucht."],
        },
        "Ratenzahlung",
        "<p>Ab 100 Euro zahlen Sie in bis zu zwölf Raten. Die Rate wird am Monatsersten abgebucht, die Zinsen stehen im Vertrag.</p>",
    ),
    (
        Topic {
            name: "Zählerstand",
            questions: &[
                "Wie melde ich meinen Zählerstand?",
                "Ich habe den Zählerstand falsch abgelesen, kann man ihn ändern?",
                "Bis wann muss der Zählerstand vom Gas da sein?",
            ],
            answers: &["Den Zählerstand ändern wir gern.", "Der Zählerstand wird im Dezember abgelesen."],
        },
        "Den Zählerstand ablesen und melden",
        "<p>Melden Sie den Stand Ihres Zählers für Strom oder Gas bis zum 31. Dezember. Einen falsch abgelesenen Stand ändern Sie dort ebenso.</p>",
    ),
    (
        Topic {
            name: "Umzug",
            questions: &[
                "Wir ziehen um, was müssen wir Ihnen melden?",
                "Nach dem Umzug geht das Internet in der neuen Wohnung nicht.",
                "Kostet der Umzug des Anschlusses etwas?",
            ],
            answers: &["Den Umzug haben wir eingetragen.", "Beim Umzug schalten wir den Anschluss um."],
        },
        "Umziehen: Anschluss mitnehmen",
        "<p>Melden Sie den Umzug vier Wochen vorher. Wir schalten den Anschluss in der neuen Wohnung am Tag des Umzugs um; Kosten stehen in der Preisliste.</p>",
    ),
    (
        Topic {
            name: "Newsletter",
            questions: &[
                "Bitte den Newsletter abbestellen!",
                "Ich habe mich abgemeldet und bekomme weiter den Newsletter.",
                "Wo kann ich den Newsletter bestellen?",
            ],
            answers: &["Sie sind vom Newsletter abgemeldet.", "Die Abmeldung dauert einen Tag."],
        },
        "Newsletter bestellen und abbestellen",
        "<p>Der Link am Ende jedes Newsletters meldet Sie ab; das dauert einen Tag. Bestellen können Sie ihn auf der Startseite.</p>",
    ),
];

pub const GERMAN: Plan = Plan {
    without_article: &WITHOUT_ARTICLE,
    with_article: &WITH_ARTICLE,
    bad: &[
        "Den Drucker verbinden",
        "Den Rechnungsmonat wechseln",
        "Ein zweites Konto anlegen",
        "Alte Projekte ablegen",
        "Eine Tafel mit Gästen teilen",
        "Doppelte Kunden vereinen",
        "Öffnungszeiten einstellen",
        "Eine gelöschte Datei holen",
    ],
    good: &[
        "Kollegen einladen",
        "Die Sprache wählen",
        "Ein Profilbild setzen",
        "Das Programm installieren",
        "Vorlagen benutzen",
        "Listen sortieren",
        "Versandetiketten drucken",
        "Benachrichtigungen",
        "Den Arbeitsbereich umbenennen",
        "Dateien anhängen",
    ],
    article: "Öffnen Sie die Einstellungen, wählen Sie aus, was Sie brauchen, und speichern Sie.",
    before: &[
        "Guten Tag,",
        "Hallo zusammen,",
        "Sehr geehrte Damen und Herren,",
        "Ich bin seit vielen Jahren Kundin und eigentlich zufrieden.",
        "Entschuldigung, dass ich noch einmal schreibe.",
        "Es eilt leider sehr:",
        "Auf Ihrer Webseite habe ich dazu nichts gefunden.",
        "Eine kurze Frage vor dem Wochenende.",
    ],
    after: &[
        "Vielen Dank im Voraus!",
        "Mit freundlichen Grüßen aus Hamburg",
        "Bitte rufen Sie mich zurück.",
        "Von meinem iPhone gesendet",
        "Ich freue mich auf Ihre Antwort.",
        "Beste Grüße",
        "Das Bild hängt an.",
        "Früher war das einfacher.",
    ],
    openings: &[
        "Vielen Dank für Ihre Nachricht.",
        "Gerne helfe ich Ihnen weiter.",
        "Das tut mir leid.",
        "Gute Frage!",
        "Ich habe es mir angesehen:",
        "Danke für Ihre Geduld.",
    ],
};
