//! Words that announce a secret, and words that follow them without being one.

use std::collections::HashSet;
use std::sync::OnceLock;

/// What is expected behind a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Anything that somebody chose: also a word, behind a colon.
    Password,
    /// The same, of several words.
    Phrase,
    /// What a machine made, but people call passwords so too.
    Token,
    /// Digits, or letters with digits.
    Code,
    /// Words of daily use: only what a machine must have made counts.
    Doubtful,
    /// A header: everything up to the line's end that has an equals sign.
    Cookie,
    /// A header: perhaps the name of a scheme, then the secret.
    Authorization,
    /// Options of commands: `user:password`.
    Login,
}
const PASSWORDS: &str = "\
    password, passwords, passwd, passcode, passwort, kennwort, losung, pwd, pw, pass, psw, pwrd, pswd, \
    paswd, pasword, passwrd, passord, mot de passe, motdepasse, mdp, contraseña, contrasena, contraseÑa, \
    clave, contrasenya, parola d'ordine, parola, senha, palavra-passe, palavra passe, wachtwoord, hasło, \
    haslo, HASŁO, heslo, jelszó, jelszo, lozinka, geslo, šifra, parool, parole, slaptažodis, slaptažodį, \
    lösenord, losenord, lösenordet, adgangskode, adgangskoden, kodeord, salasana, salasanani, şifre, \
    şifrem, Şifre, Şifrem, sifre, sifrem, parolam, κωδικός, Κωδικός, κωδικός πρόσβασης, пароль, Пароль, \
    ПАРОЛЬ, пароля, пароль от, סיסמה, סיסמא, الباسورد, باسورد, كلمة المرور, كلمة السر, كلمة سر, رمز \
    المرور, گذرواژه, رمز عبور, पासवर्ड, รหัสผ่าน, mật khẩu, Mật khẩu, kata sandi, パスワード, 密码, 密碼, 口令, \
    비밀번호, 암호, 패스워드, sshpass -p";
const CODES: &str = "\
    暗証番号, pin, pin code, pincode, pin-code, geheimzahl, cvv, cvc, cvv2, cvc2, cid, csc, security code, \
    card code, prüfnummer, kartenprüfnummer, sicherheitscode, code de sécurité, cryptogramme, código de \
    seguridad, codice di sicurezza, código de segurança, otp, totp, tan, verification code, \
    verification_code, one-time code, one time code, onetime code, one-time password, one time password, \
    2fa code, 2fa, mfa code, mfa, auth code, authentication code, authenticator code, login code, sms \
    code, backup code, recovery code, unlock code, door code, access code, your code, bestätigungscode, \
    einmalcode, einmalpasswort, zugangscode, code de vérification, code de confirmation, código de \
    verificación, código de verificação, codice di verifica, verificatiecode, kod weryfikacyjny, код \
    подтверждения, 認証コード, 確認コード, 验证码, 驗證碼, 인증번호, 인증 코드, doğrulama kodu, رمز التحقق, пин, пин-код, ПИН";
const PHRASES: &str = "\
    passphrase, pass phrase, seed phrase, recovery phrase, mnemonic, secret phrase, backup phrase, \
    phrase secrète";
const TOKENS: &str = "\
    secret, client secret, shared secret, secretkey, secret key, secret access key, geheimnis, token, \
    access token, jeton, api key, api_key, api-key, apikey, api token, api secret, api-schlüssel, api \
    schlüssel, apischlüssel, clé api, clé d'api, clave api, clave de api, chiave api, chave de api, \
    chave api, api-sleutel, klucz api, ключ api, апи ключ, токен, Токен, トークン, apiキー, 令牌, 密钥, 토큰, access \
    key, access_key, access-key, accesskey, account key, account_key, accountkey, sharedaccesskey, \
    private key, private_key, privatekey, private-key, signing key, signing_key, signingkey, encryption \
    key, encryption_key, encryptionkey, master key, master_key, masterkey, auth key, auth_key, authkey, \
    server key, server_key, service key, service_key, subscription key, subscription-key, session key, \
    bot token, bearer, credential, jwt";
const DOUBTFUL: &str = "\
    license key, licence key, app key, app_key, appkey, integration key, write key, writekey, webhook \
    url, credentials, creds, zugangsdaten, key, schlüssel, auth, session, sessionid, session_id, session \
    id, phpsessid, jsessionid, asp.net_sessionid, connect.sid, sid, signature, sig, hmac, csrf";
const LOGINS: &str = "\
    basic auth, curl -u, --user, --proxy-user, -u";
const COOKIES: &str = "\
    cookie, set-cookie";
const AUTHORIZATIONS: &str = "\
    authorization, proxy-authorization, x-authorization";

/// The words with what is expected behind them. Letters of ASCII match in either case; others are
/// written in both.
pub(super) fn words() -> impl Iterator<Item = (&'static str, Kind)> {
    [
        (PASSWORDS, Kind::Password),
        (CODES, Kind::Code),
        (PHRASES, Kind::Phrase),
        (TOKENS, Kind::Token),
        (DOUBTFUL, Kind::Doubtful),
        (LOGINS, Kind::Login),
        (COOKIES, Kind::Cookie),
        (AUTHORIZATIONS, Kind::Authorization),
    ]
    .into_iter()
    .flat_map(|(words, kind)| words.split(", ").map(move |word| (word, kind)))
}

/// Words that go on with the name of a secret: `SECRET_KEY`, `token value`.
pub(super) const GOES_ON: &[&str] = &[
    "key",
    "access",
    "value",
    "hash",
    "token",
    "code",
    "text",
    "plain",
    "secret",
    "string",
    "new",
    "old",
    "current",
    "confirm",
    "confirmation",
    "again",
    "repeat",
    "id",
    "bot",
];

/// What stands between the word and the secret, longest first. Those without a sign are words.
pub(super) const SIGNS: &[&str] =
    &[":=", "=>", "==", "->", "→", "➜", "➡", "⇒", "»", "：", "＝", ":", "=", "|", "–>", "—>"];

pub(super) const COPULAS: &[&str] = &[
    "should be",
    "must be",
    "has to be",
    "will be",
    "used to be",
    "is now",
    "is still",
    "was set to",
    "is set to",
    "set to",
    "changed to",
    "reset to",
    "is",
    "are",
    "was",
    "were",
    "to",
    "becomes",
    "lautet jetzt",
    "ist jetzt",
    "lautet",
    "ist",
    "war",
    "wäre",
    "heißt",
    "est",
    "c'est",
    "était",
    "sera",
    "es",
    "era",
    "sería",
    "è",
    "era",
    "é",
    "foi",
    "jest",
    "to",
    "było",
    "je",
    "er",
    "är",
    "on",
    "var",
    "это",
    "был",
    "sus",
    "adalah",
    "là",
    "है",
    "هي",
    "هو",
    "は",
    "が",
    "是",
    "为",
    "為",
    "은",
    "는",
    "이",
    "가",
];

/// Determiners before the word in `… is my password`.
pub(super) const DETERMINERS: &[&str] = &[
    "my", "the", "our", "your", "his", "her", "their", "new", "old", "current", "mein", "das", "unser",
    "dein", "ihr", "mon", "le", "mi", "la", "tu", "su", "mia", "mio", "minha", "a", "mijn", "het", "moje",
    "мой", "admin", "wifi", "login",
];

/// Words that follow without being the secret, also behind a colon.
const NO_SECRETS: &str = "\
    a, about, accepted, after, again, all, already, also, always, an, and, any, are, as, at, available, \
    bad, be, bearer, because, been, before, being, below, blank, blocked, bool, boolean, broken, but, \
    by, can, cannot, changed, check, choose, complete, confirm, correct, created, default, deleted, \
    denied, did, disabled, do, does, done, empty, enabled, enter, entered, error, exceeded, expired, \
    expires, fail, failed, fails, failure, false, field, for, forgot, forgotten, found, from, generated, \
    given, good, has, have, hello, help, hi, hidden, how, however, i, if, in, incorrect, input, int, \
    integer, invalid, is, it, its, just, length, login, lost, masked, min, minimum, mismatch, missing, \
    must, my, n/a, need, needed, never, new, nil, no, none, not, nothing, now, null, number, of, off, \
    ok, okay, old, on, only, optional, or, our, out, pass, passed, password, please, policy, protected, \
    provided, read, received, recovery, redacted, reject, rejected, removed, request, required, reset, \
    revoked, rotated, same, secret, see, sent, set, should, show, since, so, some, something, still, \
    str, string, success, successful, text, thanks, that, the, there, they, this, to, todo, token, too, \
    true, try, type, unchanged, undefined, unknown, unset, update, updated, use, used, valid, value, \
    varchar, was, we, weak, what, when, where, which, who, why, will, with, without, works, wrong, yes, \
    yet, you, your, abgelaufen, bitte, falsch, erforderlich, vergessen, ungültig, unbekannt, nicht, \
    kein, keine, leer, fehlt, gesperrt, geändert, pflicht, pflichtfeld, siehe, wurde, wird, muss, \
    ändern, eingeben, zurücksetzen, richtig, oublié, requis, obligatoire, invalide, expiré, manquant, \
    voir, vide, aucun, modifié, incorrecta, incorrecto, inválida, inválido, requerida, obligatoria, \
    obligatorio, olvidada, caducada, vacía, ninguna, errada, obrigatória, expirada, esquecida, \
    sbagliata, errata, obbligatoria, scaduta, dimenticata, onjuist, verplicht, vergeten, verlopen, \
    ongeldig, wymagane, nieprawidłowe, błędne, неверный, неправильный, обязательно, забыл, yanlış, \
    gerekli, fel, krävs, forkert, väärin, špatné";

/// Whether the word, in small letters, follows without being the secret.
pub(super) fn is_no_secret(word: &str) -> bool {
    static FOUND: OnceLock<HashSet<&'static str>> = OnceLock::new();
    FOUND.get_or_init(|| NO_SECRETS.split(", ").collect()).contains(word)
}

/// Words that many people take for a password, although they are words.
const COMMON: &str = "letmein, qwerty, qwertz, azerty, iloveyou, sunshine, princess, football, baseball, superman, batman, \
    swordfish, opensesame, trustno1, abc123, admin123, changeme, p@ssw0rd, hunter, dragon, monkey, shadow, starwars, \
    whatever, passw0rd, ninja, mustang, michael, charlie, donald, pokemon, hallo, schatz, hello123, welcome1, sommer";

/// Whether it is one of those.
pub(super) fn is_common(value: &str) -> bool {
    COMMON.split(", ").any(|known| known.eq_ignore_ascii_case(value))
}
