//! Forty things that somebody looks for: what they type, what they should find, and what looks alike.

/// Texts of one conversation, message by message: 0 is the first one.
pub type Texts = &'static [(usize, &'static str)];

pub struct Need {
    pub typed: &'static str,
    pub relevant: &'static [Texts],
    /// Alike in words, and not what is meant.
    pub others: &'static [Texts],
}

const fn need(typed: &'static str, relevant: &'static [Texts], others: &'static [Texts]) -> Need {
    Need { typed, relevant, others }
}

pub const NEEDS: &[Need] = &[
    // Words in another form than they were written in.
    need(
        "broken hinges",
        &[&[(0, "The hinge of the cabinet is broken.")], &[(2, "Two hinges arrived broken.")]],
        &[&[(0, "The lamp arrived broken in two.")]],
    ),
    need(
        "missing screw",
        &[&[(0, "Four screws are missing from the bag.")], &[(1, "One screw is missing.")]],
        &[&[(0, "A page of the manual is missing.")]],
    ),
    need(
        "cancel the booking",
        &[
            &[(0, "Our bookings were cancelled without a word.")],
            &[(1, "I want to cancel a booking for May.")],
        ],
        &[&[(0, "The booking page is very slow.")]],
    ),
    need(
        "crashing tablet",
        &[&[(1, "Your program crashes on every tablet in the shop.")], &[(0, "The tablet crashed again.")]],
        &[&[(0, "I bought a tablet stand.")]],
    ),
    need(
        "faded colours",
        &[&[(0, "The colour of the curtain fades in the sun.")]],
        &[&[(0, "Which colours of curtain do you have?")]],
    ),
    need(
        "leaking battery",
        &[&[(2, "All six batteries leaked over night.")], &[(0, "The battery leaks.")]],
        &[&[(0, "Does the torch come with batteries?")]],
    ),
    need(
        "scratched lenses",
        &[&[(0, "There is a scratch on the left lens.")]],
        &[&[(1, "Do the lenses fit other frames?")]],
    ),
    need(
        "noisy fans",
        &[&[(0, "The fan is so noisy that I cannot sleep.")]],
        &[&[(0, "How many watts does the fan have?")]],
    ),
    // Questions in whole sentences.
    need(
        "how do I change the language of the keyboard?",
        &[
            &[(0, "Keyboard language: where can I change it?")],
            &[(1, "I would like to change my keyboard to another language.")],
        ],
        &[&[(0, "How do I do the thing I want to do?")], &[(0, "The keyboard smells of plastic.")]],
    ),
    need(
        "what is the weight of the telescope",
        &[&[(0, "Telescope weight please")]],
        &[&[(0, "What is the meaning of the blinking of the light?")], &[(1, "The telescope is blurred.")]],
    ),
    need(
        "can we pay by cheque",
        &[&[(0, "Cheque payment: is it possible to pay so?")]],
        &[&[(0, "Can we pay by instalments?")]],
    ),
    need(
        "where is the nearest showroom in Vienna",
        &[&[(1, "Is there a showroom near Vienna?")], &[(0, "Showroom Vienna opening hours")]],
        &[&[(0, "Where is the nearest parking garage?")]],
    ),
    need(
        "the jacket is too small for my son",
        &[&[(0, "Jacket too small, son has grown.")]],
        &[&[(0, "The zip of the jacket sticks.")], &[(0, "My son likes the bicycle.")]],
    ),
    // Words spread over the messages of one conversation.
    need(
        "gazebo rust Lisbon",
        &[&[
            (0, "I bought a gazebo in April."),
            (2, "There is rust on every pole."),
            (4, "Please send it to Lisbon."),
        ]],
        &[&[(0, "Is the gazebo waterproof?")], &[(0, "Rust on the grill.")], &[(0, "We visit Lisbon.")]],
    ),
    need(
        "espresso descaling lamp",
        &[&[(0, "My espresso machine blinks."), (2, "I did the descaling twice, the lamp stays on.")]],
        &[&[(1, "Which lamp fits?")], &[(0, "Espresso cups are sold out.")]],
    ),
    need(
        "violin insurance courier",
        &[&[(0, "I sent you a violin for repair."), (2, "The courier says that no insurance was booked.")]],
        &[&[(0, "Do you sell insurance?")], &[(0, "The violin strings snapped.")]],
    ),
    need(
        "greenhouse pane hail",
        &[&[(0, "One pane of our greenhouse has a crack."), (4, "It was the hail last Sunday.")]],
        &[&[(0, "Window pane sizes")], &[(0, "Hail Mary!")]],
    ),
    need(
        "saddle squeaks mountain bike",
        &[&[(0, "About the mountain bike I collected."), (2, "The saddle squeaks.")]],
        &[&[(0, "A mountain of paperwork.")], &[(0, "Bike lights?")]],
    ),
    // Phrases.
    need(
        "\"black box\"",
        &[&[(0, "The black box on the wall hums.")], &[(1, "What does the black box record?")]],
        &[&[(0, "A box painted black.")], &[(0, "Black lid, white box.")]],
    ),
    need(
        "\"out of office\" loop",
        &[&[(0, "Your robot answers our out of office mail in a loop.")]],
        &[&[(0, "The loop of the office door is out of order.")]],
    ),
    // Beginnings, compounds, and slips of the pen.
    need(
        "photovolt",
        &[
            &[(0, "Our photovoltaic inverter shows no yield.")],
            &[(2, "Photovoltaics and the heat pump do not talk.")],
        ],
        &[&[(0, "The photo album is nice.")]],
    ),
    need(
        "calibr",
        &[&[(0, "The calibration of the scale drifts.")], &[(1, "How often must it be calibrated?")]],
        &[&[(0, "What calibre of pipe is it?")]],
    ),
    need(
        "synchronisation calendar",
        &[&[(0, "The calendar does not synchronise with my phone.")]],
        &[&[(0, "A wall calendar for 2027")]],
    ),
    need(
        "walk-in wardrobe",
        &[&[(0, "Planning a walkin wardrobe.")], &[(0, "Our walk-in wardrobe has no light.")]],
        &[&[(0, "The wardrobe door creaks when I walk by.")]],
    ),
    need(
        "subscribtion magazine",
        &[&[(0, "My magazine subscription never arrived.")]],
        &[&[(0, "A magazine holder made of wood")]],
    ),
    // Names, numbers, addresses, signs.
    need(
        "Szczepański",
        &[&[(0, "This is Agnieszka Szczepanski speaking.")], &[(2, "Regards, P. Szczepański")]],
        &[],
    ),
    need("#7730015", &[&[(1, "It is about order #7730015.")]], &[&[(0, "Order #7730016 is fine.")]]),
    need(
        "QX-2210-B",
        &[&[(0, "Spare part QX-2210-B, please.")]],
        &[&[(0, "Spare part QX-2210-C, please.")], &[(0, "B 2210 QX")]],
    ),
    need(
        "accounts@hummel-bau.example",
        &[&[(0, "Write to accounts@hummel-bau.example instead.")]],
        &[&[(0, "Write to office@hummel-bau.example instead.")]],
    ),
    need(
        "C++ bindings",
        &[&[(0, "Do you have C++ bindings?")]],
        &[&[(0, "Do you have C bindings?")], &[(0, "Ski bindings")]],
    ),
    need(
        "AT&T roaming",
        &[&[(0, "With AT&T the roaming fails.")]],
        &[&[(0, "At T minus ten the roaming robot stops.")]],
    ),
    // Other languages, and several at once.
    need(
        "mobel aufbau",
        &[&[(0, "Der Aufbau der Möbel dauert zu lange.")], &[(1, "Möbel: Aufbau am Samstag?")]],
        &[&[(0, "Möbel verkratzt")]],
    ),
    need("crème brûlée torch", &[&[(0, "creme brulee torch is empty")]], &[&[(0, "Torch for camping")]]),
    need(
        "電池 交換",
        &[&[(0, "リモコンの電池を交換したいです。")], &[(1, "電池の交換方法を教えてください。")]],
        &[&[(0, "交換留学について")]],
    ),
    need("冰箱", &[&[(0, "新买的冰箱不制冷。")]], &[&[(0, "冰块太大")]]),
    need("เครื่องซักผ้า", &[&[(0, "ซื้อเครื่องซักผ้าแล้วใช้งานไม่ได้")]], &[&[(0, "เครื่องดื่มเย็น")]]),
    need(
        "холодильник шумит",
        &[&[(0, "Новый холодильник очень шумит ночью.")]],
        &[&[(0, "Холодильник белый")]],
    ),
    need(
        "washing machine Fehler E18",
        &[
            &[(0, "Our washing machine shows Fehler E18 since Monday.")],
            &[(0, "Washing machine again."), (2, "Display: Fehler E18")],
        ],
        &[&[(0, "Fehler im Formular")]],
    ),
    // Some of it is not there at all.
    need(
        "purple umbrella handle snapped yesterday",
        &[&[(0, "The umbrella's handle snapped.")], &[(1, "Handle of umbrella snapped off, a purple one.")]],
        &[&[(0, "Yesterday I called you.")], &[(0, "Purple ink?")]],
    ),
    need(
        "trampoline netting torn by a dog",
        &[&[(0, "The netting of the trampoline is torn.")]],
        &[&[(0, "My dog ate the invoice.")], &[(0, "Torn envelope")]],
    ),
];
