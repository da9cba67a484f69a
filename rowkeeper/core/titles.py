"""The titles by which columns are known, in sheets and in legacy CSVs alike."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from functools import cache, lru_cache

from rowkeeper.core.text import trimmed

TITLES: Mapping[str, tuple[str, ...]] = {
    "row_id": (
        *("#", "row id", "row", "row no", "row nr", "row number", "id", "ids", "no", "nr", "nro"),
        *("num", "n", "id no", "id nr", "id number", "id #", "# id", "number", "serial no"),
        *("serial number", "s no", "sr no", "sl no", "person id", "participant id", "identifier"),
        *("nummer", "lfd nr", "laufende nummer", "zeile", "zeilennummer", "kennung", "personen id"),
        *("número", "núm", "identificador", "fila", "numéro", "identifiant", "ligne", "linha"),
        *("numero", "riga", "rij", "lp", "номер", "№ п/п", "序号", "编号", "番号", "번호"),
        *("participant no", "participant nr", "participant number", "participant #", "record id"),
        *("student id", "candidate id", "client id", "sıra no", "sıra", "sorszám", "azonosító"),
        *("číslo", "č", "poř č", "číslo řádku", "α/α", "αριθμός", "الرقم", "رقم", "מספר", "מס"),
        *("redni broj", "rb", "nr crt", "volgnummer", "løbenummer", "löpnummer", "løpenummer"),
        *("stt", "số thứ tự", "nomor", "ลำดับ", "क्रमांक", "номер п/п", "№ з/п"),
    ),
    "name": (
        *("full name", "name", "names", "complete name", "first and last name", "name surname"),
        *("name and surname", "first last name", "person name", "participant name"),
        *("vollständiger name", "vor und nachname", "name vorname", "vorname name", "ganzer name"),
        *("nombre completo", "nombre y apellido", "nombre y apellidos", "nombres y apellidos"),
        *("nom complet", "nom et prénom", "prénom et nom", "nom prénom", "prénom nom"),
        *("nome completo", "nome e cognome", "nome e sobrenome", "nome e apelido"),
        *("volledige naam", "imię i nazwisko", "ad soyad", "фио", "имя и фамилия"),
        *("nombre", "nombres", "nom", "nome", "naam", "navn", "namn", "nimi", "jméno", "имя"),
        *("姓名", "名前", "氏名", "이름", "성명"),
        *("name of participant", "name of the participant", "name of person", "name of the person"),
        *("candidate name", "student name", "client name", "interviewee", "interviewee name"),
        *("koko nimi", "fullt navn", "hele navn", "fuldt navn", "fullständigt namn"),
        *("för och efternamn", "név", "teljes név", "jméno a příjmení", "příjmení a jméno"),
        *("meno", "meno a priezvisko", "ime i prezime", "ime in priimek", "nume complet"),
        *("nume și prenume", "adı soyadı", "ονοματεπώνυμο", "όνομα", "піб", "прізвище та імʼя"),
        *("الاسم", "الاسم الكامل", "שם", "שם מלא", "họ và tên", "họ tên", "nama", "nama lengkap"),
        *("ชื่อ", "ชื่อ นามสกุล", "नाम", "पूरा नाम", "име", "име и фамилия"),
    ),
    "email": (
        *("email", "email address", "email id", "mail", "mail address", "emails", "email adress"),
        *(
            "email adresse",
            "mail adresse",
            "mailadresse",
            "correo",
            "correo electrónico",
            "email 1",
        ),
        *("dirección de correo electrónico", "dirección de correo", "courriel", "adresse email"),
        *("adresse mail", "adresse électronique", "adresse courriel", "adresse de messagerie"),
        *("endereço de email", "correio eletrônico", "correio eletrónico", "endereço eletrónico"),
        *("indirizzo email", "posta elettronica", "emailadres", "adres email", "epost"),
        *("e postadress", "eposta", "почта", "электронная почта", "эл почта", "邮箱", "电子邮件"),
        *("电子邮箱", "メール", "メールアドレス", "이메일"),
        *("mail id", "contact email", "sähköposti", "sähköpostiosoite", "email cím", "emailcím"),
        *("emailová adresa", "email adresa", "adresa de email", "eposta adresi", "surel"),
        *("alamat email", "địa chỉ email", "διεύθυνση email", "ηλεκτρονικό ταχυδρομείο"),
        *("البريد الإلكتروني", "البريد الالكتروني", "ايميل", "אימייל", "דואר אלקטרוני", "דוא״ל"),
        *("อีเมล", "ईमेल", "електронна пошта", "имейл"),
    ),
    "type": (
        *("type", "personality type", "types", "typ", "typus", "persönlichkeitstyp", "tipo"),
        *("tipo de personalidad", "tipo de personalidade", "tipo di personalità"),
        *("type de personnalité", "persoonlijkheidstype", "тип", "тип личности", "类型", "タイプ"),
        *("유형",),
        *(
            "personality",
            "mbti",
            "mbti type",
            "persönlichkeit",
            "típus",
            "tür",
            "tyyppi",
            "тип особистості",
        ),
        *("tip", "tipi", "kişilik türü", "tip osobnosti", "tip ličnosti", "tip osebnosti"),
        *("tip de personalitate", "tip de personalitat", "osobnostní typ", "personlighedstype"),
        *("personlighetstype", "personlighetstyp", "persoonallisuustyyppi", "tüüp", "tipas"),
        *("személyiségtípus", "τύπος προσωπικότητας", "тип личност", "نوع الشخصية", "סוג אישיות"),
        *("tipe kepribadian", "loại tính cách", "性格类型", "人格类型", "性格タイプ", "성격 유형"),
        *("kişilik tipi", "typ osobnosti", "typ osobowości", "τύπος", "النوع", "סוג", "tipe"),
    ),
    "link": (
        *("link", "links", "url", "urls", "web link", "hyperlink", "enlace", "enlaces", "vínculo"),
        *("lien", "liens", "ligação", "hiperligação", "collegamento", "odnośnik", "länk", "lenke"),
        *("verknüpfung", "ссылка", "链接", "リンク", "링크"),
        *("linkki", "hivatkozás", "odkaz", "bağlantı", "σύνδεσμος", "الرابط", "رابط", "קישור"),
        *("liên kết", "tautan", "ลิงก์", "लिंक", "poveznica", "povezava", "посилання", "връзка"),
    ),
}
"""Our columns of a person -> other words for them, each compared by ``title_key``."""

SHEET_TITLES: Mapping[str, tuple[str, ...]] = {
    **TITLES,
    "first_name": (
        *("first name", "given name", "given names", "forename", "christian name", "first"),
        *("vorname", "vornamen", "prénom", "prénoms", "primer nombre", "primeiro nome"),
        *("nome próprio", "voornaam", "imię", "fornavn", "förnamn", "etunimi", "fornafn"),
        *("keresztnév", "utónév", "prenume", "křestní jméno", "krstné meno", "primer nom"),
        *("nama depan", "tên", "الاسم الأول", "שם פרטי", "पहला नाम", "名", "eesnimi"),
    ),
    "last_name": (
        *("last name", "surname", "family name", "last", "nachname", "familienname"),
        *("zuname", "apellido", "apellidos", "nom de famille", "sobrenome", "apelido", "cognome"),
        *("achternaam", "nazwisko", "efternavn", "etternavn", "efternamn", "sukunimi", "soyad"),
        *("příjmení", "фамилия", "priezvisko", "επώνυμο", "επίθετο", "primer apellido"),
        *("vezetéknév", "családnév", "prezime", "priimek", "презиме", "прізвище", "soyadı"),
        *("soy isim", "last names", "surnames", "último nome", "cognoms", "perekonnanimi"),
        *("uzvārds", "pavardė", "mbiemri", "abizena", "abizenak", "eftirnafn", "nama belakang"),
        *("apellido paterno", "first surname", "1er apellido", "apellido 1"),
        *("primeiro apelido", "primeiro sobrenome", "primer cognom", "paternal last name"),
        *("lehen abizena", "paternal surname", "surname 1", "last name 1"),
        *("họ", "اسم العائلة", "اللقب", "שם משפחה", "นามสกุล", "उपनाम", "姓", "苗字", "성"),
    ),
    "middle_name": (
        *("middle name", "middle names", "middle", "middle initial", "middle initials", "m i"),
        *("second name", "second given name", "other names", "middle name initial", "mid name"),
        *("zweiter vorname", "weitere vornamen", "mittelname", "zwischenname", "namenszusatz"),
        *("tussenvoegsel", "tussenvoegsels", "voorvoegsel", "voorvoegsels", "tweede naam"),
        *("segundo nombre", "otros nombres", "segundo nome", "nome do meio", "secondo nome"),
        *("deuxième prénom", "second prénom", "autres prénoms", "particule", "mellannavn"),
        *("mellomnavn", "mellemnavn", "mellannamn", "drugie imię", "druhé jméno", "druhé meno"),
        *("отчество", "по батькові", "бащино име", "второе имя", "ikinci ad"),
        *("ikinci isim", "göbek adı", "középső név", "al doilea prenume", "segon nom"),
        *("toinen nimi", "μεσαίο όνομα", "δεύτερο όνομα", "πατρώνυμο", "الاسم الأوسط"),
        *("اسم الأب", "שם אמצעי", "tên đệm", "tên lót", "chữ lót", "nama tengah", "ชื่อกลาง"),
        *("मध्य नाम", "ミドルネーム", "中间名"),
    ),
    "second_last_name": (
        *("second last name", "second surname", "second family name", "2nd last name"),
        *("2nd surname", "last name 2", "surname 2", "mothers last name", "maternal last name"),
        *("maternal surname", "zweiter nachname", "segundo apellido", "2º apellido", "2o apellido"),
        *("apellido 2", "apellido materno", "segundo sobrenome", "segundo apelido"),
        *("sobrenome materno", "segon cognom", "secondo cognome", "deuxième nom de famille"),
        *("second nom de famille", "bigarren abizena", "tweede achternaam", "вторая фамилия"),
    ),
    "name": (
        *TITLES["name"],
        *("ad", "adı", "isim", "ime", "nume", "імʼя", "vārds", "vardas", "emri", "izena", "nafn"),
    ),
    "link": (
        *TITLES["link"],
        *("video", "videos", "video link", "video url", "link to video", "link video"),
        *("youtube", "youtube link", "youtube url", "youtube video", "drive link"),
        *("google drive link", "file link", "recording", "vídeo", "vidéo", "lien vidéo"),
        *(
            "enlace de video",
            "enlace del video",
            "link do vídeo",
            "видео",
            "视频",
            "動画",
            "동영상",
        ),
    ),
    "status": ("status", "state", "estado", "statut", "état", "stato", "статус", "状态", "상태"),
    "notes": (
        *("notes", "note", "comment", "comments", "remark", "remarks", "notiz", "notizen"),
        *("bemerkung", "bemerkungen", "anmerkung", "anmerkungen", "kommentar", "kommentare"),
        *("nota", "notas", "observaciones", "comentario", "comentarios", "observações"),
        *("comentários", "remarque", "remarques", "commentaire", "commentaires", "opmerkingen"),
        *("uwagi", "примечания", "заметки", "комментарий", "备注", "備考", "비고"),
    ),
}
"""The same for a sheet, whose names may stand in several columns."""

_BESIDE = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_POLITE = re.compile(
    r"(?:please)?(?:enter|state|whatis|whats|wieist|wielautet)?"
    r"(?:your|the|ihre|ihr|deine|dein|votre|vos|ton|su|tu|seu|sua|il|la|le|uw|je)?"
)
"""How a form's question may begin, as ``title_key`` has it."""


def column_name(title: str) -> str:
    """The name of a column that is none of ours: its title in lower case, '' for none."""
    return " ".join(trimmed(title).casefold().split())


def numbered_column(place: int, taken: Collection[str]) -> str:
    """The name of a column without one of its own: its place, from 1, as no other in ``taken``."""
    name = f"column_{place}"
    while name in taken:  # somebody's title says so
        name += "_"
    return name


def title_key(title: str) -> str:
    """A title as it is compared: without case, accents and marks; letters, digits, ``#`` alone.

    So ``Row ID``, ``row_id`` and ``ROW-ID`` are one, and so are ``No`` and ``No.``.
    """
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", title).casefold())
    folded = folded.replace("ı", "i")  # of Turkish, whose capital is the I of others
    return "".join(char for char in folded if char.isalnum() or char == "#")


_HALF_NAMES = (
    *("name", "names", "nombre", "nombres", "nom", "nome", "naam", "navn", "namn", "nimi", "nafn"),
    *("jméno", "имя", "име", "meno", "ime", "nume", "név", "όνομα", "імʼя", "ad", "adı", "isim"),
    *("vārds", "vardas", "emri", "izena", "nama", "الاسم", "שם", "ชื่อ", "नाम", "이름", "名前"),
)
HALF_NAMES = frozenset(map(title_key, _HALF_NAMES))
"""Keys of titles that name a whole person alone, and a half beside a column of the other half."""


@cache
def _known() -> Mapping[str, str]:
    """The key of each title -> its column; a word of several columns is the first one's."""
    names: dict[str, str] = {}
    for column, words in SHEET_TITLES.items():
        for word in words:
            names.setdefault(title_key(word), column)
    return names


@lru_cache(maxsize=65536)
def sheet_column(title: str) -> str | None:
    """The column of a sheet that ``title`` is a usual word for, as it stands or as a question."""
    for text in (title, _BESIDE.sub("", title)):
        key = title_key(text)
        start = _POLITE.match(key)
        for known in (key, key[start.end() :] if start else ""):
            if known in _known():
                return _known()[known]
    return None


def is_same_title(one: str, other: str) -> bool:
    """Whether two titles are one but for case, white space and marks."""
    keys = title_key(one), title_key(other)
    return keys[0] == keys[1] if any(keys) else one.split() == other.split()


def has_swapped_letters(one: str, other: str) -> bool:
    """Whether two titles are one but for two letters side by side that changed places."""
    one, other = title_key(one), title_key(other)
    swaps = (one[:at] + one[at + 1] + one[at] + one[at + 2 :] for at in range(len(one) - 1))
    return one != other and len(one) == len(other) and other in swaps


def nearest_title(title: str, titles: list[str], cutoff: float = 0.6) -> str | None:
    """The one of ``titles`` that ``title`` may stand for, if any is near: from 0 to 1, as near."""
    keys = {title_key(known): known for known in reversed(titles) if title_key(known)}
    near = get_close_matches(title_key(title), keys, n=1, cutoff=cutoff)
    return keys[near[0]] if near else None
