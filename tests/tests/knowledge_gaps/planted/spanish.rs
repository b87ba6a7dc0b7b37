//! The same in Spanish, with fewer wordings of each.

use super::{Covered, Plan, Topic};

const WITHOUT_ARTICLE: [Topic; 12] = [
    Topic {
        name: "mascotas",
        questions: &[
            "¿Se admiten mascotas en el hotel? Viajo con un perro pequeño.",
            "¿Cuánto cuesta llevar a mi mascota?",
            "Reservé una habitación para viajar con el perro y en recepción dicen que no admiten mascotas.",
        ],
        answers: &[
            "Las mascotas de hasta diez kilos son bienvenidas; el suplemento es de quince euros por noche.",
        ],
    },
    Topic {
        name: "cuna",
        questions: &[
            "Necesitamos una cuna en la habitación para nuestro bebé.",
            "¿La cuna tiene coste adicional?",
            "Pedimos una cuna y al llegar no estaba preparada.",
        ],
        answers: &["La cuna es gratuita, la dejamos preparada con sábanas antes de su llegada."],
    },
    Topic {
        name: "aparcamiento",
        questions: &[
            "¿Tienen aparcamiento con cargador para coches eléctricos?",
            "¿Hay que reservar la plaza de aparcamiento?",
            "La barrera del aparcamiento no leyó mi matrícula.",
        ],
        answers: &["El aparcamiento no se reserva; la barrera lee la matrícula que figura en su ficha."],
    },
    Topic {
        name: "celiacos",
        questions: &[
            "¿El desayuno tiene opciones para celíacos?",
            "Soy celíaca y necesito pan sin gluten por la mañana.",
            "¿Qué platos del restaurante son sin gluten?",
        ],
        answers: &["Para celíacos tenemos pan sin gluten envasado y los platos llevan una espiga tachada."],
    },
    Topic {
        name: "bodas",
        questions: &[
            "Queremos celebrar nuestra boda en el jardín, ¿para cuántos invitados?",
            "¿Cuál es el precio del menú de boda?",
            "¿Se puede traer un fotógrafo propio a la boda?",
        ],
        answers: &[
            "El jardín admite bodas de ciento veinte invitados; el menú y el fotógrafo los elige usted.",
        ],
    },
    Topic {
        name: "piscina",
        questions: &[
            "¿La piscina está climatizada en invierno?",
            "¿A qué hora cierra la piscina?",
            "Mi hijo no pudo entrar en la piscina sin gorro.",
        ],
        answers: &["La piscina climatizada abre de nueve a veintiuna horas y el gorro es obligatorio."],
    },
    Topic {
        name: "traslado",
        questions: &[
            "¿Ofrecen traslado desde el aeropuerto?",
            "El conductor del traslado no apareció en el aeropuerto.",
            "¿Cuántas maletas caben en el coche del traslado?",
        ],
        answers: &["El traslado sale de la puerta cuatro del aeropuerto; el conductor espera con un cartel."],
    },
    Topic {
        name: "silla de ruedas",
        questions: &[
            "¿Hay habitaciones adaptadas para silla de ruedas?",
            "Mi madre usa silla de ruedas: ¿cuánto mide la puerta del baño?",
            "La rampa era demasiado empinada para la silla de ruedas.",
        ],
        answers: &["Las habitaciones adaptadas tienen puertas de noventa centímetros y ducha sin escalón."],
    },
    Topic {
        name: "fianza",
        questions: &[
            "¿Cuándo me devuelven la fianza del apartamento?",
            "Han retenido la fianza sin explicación.",
            "¿Por qué se bloquea una fianza en la tarjeta?",
        ],
        answers: &["La fianza se desbloquea siete días después de la salida si no hay desperfectos."],
    },
    Topic {
        name: "vivero",
        questions: &[
            "Las orquídeas que compré tienen las hojas amarillas.",
            "¿Cada cuánto se riega una orquídea?",
            "¿Cómo trasplanto la orquídea a otra maceta?",
        ],
        answers: &[
            "Riegue la orquídea una vez por semana y use una maceta transparente con corteza de pino.",
        ],
    },
    Topic {
        name: "buceo",
        questions: &[
            "¿Hace falta un certificado médico para el curso de buceo?",
            "Mi hija de diez años quiere bucear, ¿hay un bautismo de buceo para niños?",
            "¿El equipo de buceo va incluido en el curso?",
        ],
        answers: &[
            "El bautismo de buceo es a partir de ocho años; el certificado médico y el equipo van incluidos.",
        ],
    },
    Topic {
        name: "subtitulos",
        questions: &[
            "¿Cómo activo los subtítulos en la televisión?",
            "Los subtítulos van retrasados respecto al audio.",
            "No encuentro subtítulos en catalán para esa serie.",
        ],
        answers: &["Los subtítulos se activan con la tecla de bocadillo y se sincronizan en Ajustes, Audio."],
    },
];

const WITH_ARTICLE: [Covered; 3] = [
    (
        Topic {
            name: "wifi",
            questions: &[
                "¿Cuál es la contraseña del wifi?",
                "El wifi de la habitación es muy lento.",
                "¿El wifi es gratuito?",
            ],
            answers: &[
                "La contraseña del wifi está en la tarjeta.",
                "Hemos reiniciado el wifi de su planta.",
            ],
        },
        "Conectarse al wifi",
        "<p>El wifi es gratuito. La contraseña está en la tarjeta de la habitación; si va lento, elija la red de 5 GHz.</p>",
    ),
    (
        Topic {
            name: "salida",
            questions: &[
                "¿Podemos dejar la habitación más tarde? La salida es a las once.",
                "¿Cuánto cuesta la salida tardía?",
                "Nos cobraron una salida tardía que no usamos.",
            ],
            answers: &[
                "La salida tardía hasta las dos cuesta veinte euros.",
                "Anulo el cargo de la salida tardía.",
            ],
        },
        "Salida tardía y hora de salida",
        "<p>La habitación se deja a las once. La salida tardía, hasta las dos, cuesta veinte euros y se pide en recepción.</p>",
    ),
    (
        Topic {
            name: "gimnasio",
            questions: &[
                "¿El gimnasio abre por la noche?",
                "¿Hay pesas y bicicletas en el gimnasio?",
                "¿Puede entrar mi hijo de quince años al gimnasio?",
            ],
            answers: &[
                "El gimnasio abre las veinticuatro horas.",
                "Al gimnasio se entra desde los dieciséis.",
            ],
        },
        "Gimnasio: horario y edad",
        "<p>El gimnasio abre día y noche, con pesas y bicicletas. Se entra desde los dieciséis años o con un adulto.</p>",
    ),
];

pub const SPANISH: Plan = Plan {
    without_article: &WITHOUT_ARTICLE,
    with_article: &WITH_ARTICLE,
    bad: &[
        "Conectar una impresora",
        "Cambiar el ciclo de facturas",
        "Crear una segunda cuenta",
        "Archivar proyectos antiguos",
        "Compartir un tablero",
        "Unir clientes duplicados",
        "Configurar el horario",
        "Recuperar un archivo borrado",
    ],
    good: &[
        "Invitar a colegas",
        "Elegir un idioma",
        "Añadir una foto",
        "Instalar el programa",
        "Usar plantillas",
        "Ordenar listas",
        "Imprimir etiquetas",
        "Avisos",
        "Cambiar el nombre",
        "Adjuntar documentos",
    ],
    article: "Abra los ajustes, elija lo que necesita y guarde.",
    before: &[
        "Hola,",
        "Buenos días, espero que puedan ayudarme.",
        "Soy cliente desde hace años y estoy muy contento.",
        "Perdonen que moleste otra vez.",
        "Es urgente, por favor.",
        "He buscado en su página y no encontré nada.",
    ],
    after: &[
        "¡Muchas gracias de antemano!",
        "Un saludo cordial desde Sevilla",
        "¿Me pueden llamar?",
        "Enviado desde mi iPhone",
        "Quedo a la espera de su respuesta.",
        "Saludos",
    ],
    openings: &[
        "Gracias por escribirnos.",
        "Encantado de ayudarle.",
        "Sentimos las molestias.",
        "Buena pregunta.",
    ],
};
