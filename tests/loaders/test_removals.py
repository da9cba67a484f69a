"""A sheet that lost its people is not loaded; a change of a few is."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.pipeline import ingest, preview
from loaders.removals import Allowed, HeldSheet, SheetPerson, check_load, people_of
from loaders.sheet import load_sheet
from rowkeeper.cli import run_command
from rowkeeper.core.errors import InputError
from rowkeeper.core.settings import load_settings
from rowkeeper.core.warehouse import Target, connect


def write(path: Path, people: range) -> Path:
    rows = "".join(f"{number},Person {number}\n" for number in people)
    path.write_text(f"#,Name\n{rows},\n", "utf-8")
    return path


def test_a_load_that_removes_too_many_stops(engine: Target, tmp_path: Path) -> None:
    path = write(tmp_path / "sheet.csv", range(1, 11))
    settings = load_settings({"sheet.source": str(path)})
    ingest(settings, engine)
    write(path, range(3, 12))
    assert preview(settings, engine).sheet_changed
    gone = "2 people are no longer in the sheet: 1 (Person 1), 2 (Person 2)."
    assert gone in ingest(settings, engine).notices  # two of ten are one in five
    write(path, range(3, 9))
    for load in (preview, ingest):
        with pytest.raises(InputError, match=r"lacks 3 of 9 people: 9 \(Person 9\), 10"):
            load(settings, engine)
    with connect(engine) as warehouse:
        assert warehouse.query("select count(*) from raw.sheet_snapshots") == [(2,)]
    ingest(load_settings({"sheet.source": str(path), "sheet.max_removed": 1.0}), engine)
    with connect(engine) as warehouse:
        assert warehouse.query("select count(*) from raw.sheet_snapshots") == [(3,)]


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_the_command_says_how_to_allow_it(
    engine: Target, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "sheet.csv", range(1, 11))
    run = ["run", "--dry-run", "--sheet", str(path)]
    ingest(load_settings({"sheet.source": str(path)}), engine)
    write(path, range(1, 3))
    assert run_command(run) == 3
    assert "run once with --max-removed 1" in capsys.readouterr().err
    assert run_command([*run, "--max-removed", "1"]) == 0


@given(st.sets(st.integers(1, 40)), st.sets(st.integers(1, 40)), st.floats(0, 1))
def test_the_share_is_what_is_held_to(before: set[int], now: set[int], share: float) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        rows = "".join(f"{number},Person {number}\n" for number in sorted(now))
        path = Path(folder) / "sheet.csv"
        path.write_text(f"#,Name\n{rows}", "utf-8")
        snapshot = load_sheet(str(path))
    known = people_of((str(number), f"Person {number}", None) for number in sorted(before))
    allowed = not before or len(before - now) / len(before) <= share
    try:
        check_load(snapshot, HeldSheet(people=known), Allowed(max_removed=share))
    except InputError:
        assert not allowed
    else:
        assert allowed


def test_nothing_in_common_is_nobody_in_common() -> None:
    assert SheetPerson("Ann", "a@x.org").is_same(SheetPerson("", "A@X.org"))
    assert not SheetPerson("Ann", "").is_same(SheetPerson("Bo", ""))
    assert not SheetPerson("", "a@x.org").is_same(SheetPerson("", "b@x.org"))


def test_a_column_may_go_where_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "sheet.csv").write_text("#,Name\n1,Ann\n")
    snapshot = load_sheet(str(tmp_path / "sheet.csv"))
    held = HeldSheet(titles=("#", "Name", "E-mail"), columns=frozenset({"row_id", "name", "email"}))
    with pytest.raises(InputError, match=r"no column 'E-mail' any more.*--lost-columns email"):
        check_load(snapshot, held, Allowed())
    check_load(snapshot, held, Allowed(lost_columns=("Email",)))


def test_a_share_in_hundredths_means_what_it_says(tmp_path: Path) -> None:
    snapshot = load_sheet(str(write(tmp_path / "sheet.csv", range(30, 101))))
    before = HeldSheet(people=people_of((str(n), f"Person {n}", None) for n in range(1, 101)))
    check_load(snapshot, before, Allowed(max_removed=0.29))
    with pytest.raises(InputError, match="lacks 29 of 100 people"):
        check_load(snapshot, before, Allowed(max_removed=0.28))


PEOPLE = ("Ann Ash", "Bob Bay", "Cat Cox", "Dan Dee", "Eve Elk", "Fin Fox")
HEAD = ("#", "Name", "Email", "Type", "Status", "Notes")


def row(number: object, name: str, mail: str | None = None) -> str:
    mail = f"{name.split()[0].lower()}@example.org" if mail is None else mail
    return f"{number},{name},{mail},MF-Se/Ne,,n\n"


def csv_of(path: Path, rows: str, head: tuple[str, ...] = HEAD) -> Path:
    path.write_text(",".join(head) + "\n" + rows, "utf-8")
    return path


def page_of(path: Path, *tabs: tuple[str, str, tuple[str, ...]]) -> Path:
    """A published page of tabs ``(gid, title, names)``."""
    menu = "".join(f'<li id="sheet-button-{gid}"><a>{title}</a></li>' for gid, title, _ in tabs)
    body = "".join(
        f'<div id="{gid}"><table class="waffle"><tr><td>#</td><td>Name</td></tr>'
        + "".join(f"<tr><td>{n}</td><td>{name}</td></tr>" for n, name in enumerate(names, 1))
        + "</table></div>"
        for gid, _, names in tabs
    )
    path.write_text(f"<!DOCTYPE html><body><ul>{menu}</ul>{body}</body>", "utf-8")
    return path


def test_row_ids_of_other_people_stop_a_load(engine: Target, tmp_path: Path) -> None:
    path = page_of(tmp_path / "s.html", ("555", "People", PEOPLE))
    ingest(load_settings({"sheet.source": str(path)}), engine)
    others = tuple(f"Cand{n} New" for n in range(6))
    page_of(path, ("77", "Candidates", others), ("555", "People", PEOPLE))
    settings = load_settings({"sheet.source": str(path)})
    said = (
        r"tab 77 \(Candidates\), gives 6 of 6 row ids to other people: 1 was Ann Ash and is Cand0 "
        r"New, .* and 3 more\. The last load read tab 555 \(People\)\..*--max-changed 1"
    )
    for load in (preview, ingest):
        with pytest.raises(InputError, match=said):
            load(settings, engine)
    assert not ingest(
        load_settings({"sheet.source": str(path), "sheet.tab": "555"}), engine
    ).changed
    page_of(path, ("77", "Copy", PEOPLE), ("555", "People", PEOPLE))
    assert ingest(settings, engine).tab == "Copy"
    page_of(path, ("77", "Copy", (*PEOPLE[:5], "Gil Gum")))
    few = ingest(settings, engine)  # one of six
    assert few.sheet_changed
    notice = "1 row ids are other people's now: 6 was Fin Fox and is Gil Gum."
    assert notice in few.notices
    assert notice not in ingest(settings, engine).notices
    page_of(path, ("77", "Copy", PEOPLE[::-1]))
    with pytest.raises(InputError, match=r"gives 6 of 6 row ids to other people"):
        ingest(settings, engine)
    allowed = load_settings({"sheet.source": str(path), "sheet.max_changed": 1.0})
    assert ingest(allowed, engine).sheet_changed


def test_other_spellings_are_the_same_people(tmp_path: Path) -> None:
    before = people_of((str(n), name, "") for n, name in enumerate(PEOPLE, 1))
    rows = "".join(row(f"00{n}.0", f" {name.upper()} ", "") for n, name in enumerate(PEOPLE, 1))
    snapshot = load_sheet(str(csv_of(tmp_path / "s.csv", rows)))
    check_load(snapshot, HeldSheet(people=before), Allowed(0, 0))
    renamed = people_of(
        (str(n), f"X{n}", f"{name[:3]}@EXAMPLE.org") for n, name in enumerate(PEOPLE, 1)
    )
    rows = "".join(row(n, name) for n, name in enumerate(PEOPLE, 1))
    snapshot = load_sheet(str(csv_of(tmp_path / "s.csv", rows)))
    held = HeldSheet(people=renamed)
    notices = check_load(snapshot, held, Allowed(0, 1))  # and by their addresses
    assert not any("other people" in line for line in notices)


def turned(cells: tuple[str, ...]) -> tuple[str, ...]:
    return (*cells[1:], cells[0])


MAILS = tuple(f"{name[:3]}@example.org".lower() for name in PEOPLE)


@pytest.mark.parametrize(
    ("names", "mails", "told"),
    [
        (turned(PEOPLE), MAILS, "another name for 6 of 6 row ids, 6 of which stood under other"),
        (PEOPLE, turned(MAILS), "another e-mail for 6 of 6 row ids, 6 of which stood under other"),
        (("#REF!",) * 6, MAILS, "another name for 6 of 6 row ids: 1 was 'Ann Ash' and is '#REF!'"),
        (PEOPLE, ("#N/A",) * 6, "another e-mail for 6 of 6 row ids: 1 was"),
        (("",) * 6, MAILS, "another name for 6 of 6 row ids: 1 was 'Ann Ash' and is ''"),
        (tuple(name.replace("a", "Ã¤") for name in PEOPLE), MAILS, "another name for 3 of 6"),
        (tuple(name.split()[0] for name in PEOPLE), MAILS, "another name for 6 of 6 row ids"),
    ],
)
def test_a_column_that_was_sorted_alone_or_spoilt_stops_a_load(
    tmp_path: Path, names: tuple[str, ...], mails: tuple[str, ...], told: str
) -> None:
    before = people_of((str(n), *who) for n, who in enumerate(zip(PEOPLE, MAILS, strict=True), 1))
    rows = "".join(row(n, *who) for n, who in enumerate(zip(names, mails, strict=True), 1))
    snapshot = load_sheet(str(csv_of(tmp_path / "s.csv", rows)))
    with pytest.raises(InputError, match=rf"{told}.*--max-changed 1"):
        check_load(snapshot, HeldSheet(people=before), Allowed())
    said = check_load(snapshot, HeldSheet(people=before), Allowed(max_changed=1))
    assert len(said) == 1
    assert told in said[0]


@pytest.mark.parametrize(
    ("names", "mails", "told"),
    [
        (("Ann Lee", "Bobby Bay", *PEOPLE[2:]), MAILS, 0),  # mended by hand
        (tuple(f"Dr. {', '.join(name.split()[::-1])}" for name in PEOPLE), MAILS, 0),
        (PEOPLE, tuple(f"{mail}; {mail[0]}@x.org" for mail in MAILS), 0),
        ((PEOPLE[0], PEOPLE[0], *PEOPLE[2:]), MAILS, 1),  # somebody else's name, under her address
    ],
)
def test_what_is_mended_or_added_by_hand_is_loaded(
    tmp_path: Path, names: tuple[str, ...], mails: tuple[str, ...], told: int
) -> None:
    before = people_of((str(n), *who) for n, who in enumerate(zip(PEOPLE, MAILS, strict=True), 1))
    rows = "".join(f'{n},"{name}",{mail},,,\n' for n, (name, mail) in
                   enumerate(zip(names, mails, strict=True), 1))  # fmt: skip
    snapshot = load_sheet(str(csv_of(tmp_path / "s.csv", rows)))
    assert len(check_load(snapshot, HeldSheet(people=before), Allowed())) == told


OTHERS = ("Cand0 New", "Cand1 New", "Cand2 New", "Cand3 New", "Cand4 New", "Cand5 New")


@pytest.mark.parametrize(
    ("names", "mail", "changed"),
    [
        ((*OTHERS, *PEOPLE), None, 6),  # pasted above, under the same ids
        ((*PEOPLE, *OTHERS), None, 6),  # and below
        ((*PEOPLE, *PEOPLE), None, 0),
        ((*PEOPLE, *OTHERS[:1]), None, 1),
        (OTHERS, "office@example.org", 6),  # an inbox that all share tells nobody apart
        (PEOPLE, "office@example.org", 0),
    ],
)
def test_whoever_will_have_an_id_is_compared(
    tmp_path: Path, names: tuple[str, ...], mail: str | None, changed: int
) -> None:
    old = "".join(row(n, name, mail) for n, name in enumerate(PEOPLE, 1))
    before = load_sheet(str(csv_of(tmp_path / "old.csv", old)))
    texts = (one.values for one in before.rows if not one.is_header)
    held = HeldSheet(people=people_of((one["row_id"], one["name"], one["email"]) for one in texts))
    new = "".join(row(place % 6 + 1, name, mail) for place, name in enumerate(names))
    snapshot = load_sheet(str(csv_of(tmp_path / "new.csv", new)))
    said = check_load(snapshot, held, Allowed(max_changed=1))
    assert said == () if not changed else said[0].startswith(f"{changed} row ids are other people")
    assert not changed or " and is Cand0 New" in said[0]
    if changed == 6:
        with pytest.raises(InputError, match="gives 6 of 6 row ids to other people"):
            check_load(snapshot, held, Allowed())


@given(
    st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=8),
    st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=8),
    st.floats(0, 1),
)
def test_the_share_of_changed_ids_is_held_to(
    before: list[str], now: list[str], share: float
) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        rows = "".join(row(n, name) for n, name in enumerate(now))
        snapshot = load_sheet(str(csv_of(Path(folder) / "s.csv", rows)))
    held = HeldSheet(people=people_of((str(n), name, None) for n, name in enumerate(before)))
    changed = sum(one != other for one, other in zip(before, now, strict=False))
    try:
        check_load(snapshot, held, Allowed(max_removed=1, max_changed=share))
    except InputError:
        assert changed / len(before) > share
    else:
        assert changed / len(before) <= share


def test_a_known_column_that_is_gone_stops_a_load(engine: Target, tmp_path: Path) -> None:
    rows = "".join(row(n, name) for n, name in enumerate(PEOPLE, 1))
    path = csv_of(tmp_path / "s.csv", rows)
    settings = load_settings({"sheet.source": str(path)})
    first = ingest(settings, engine)
    assert first.new_columns == ()
    for name, title, hint in (
        ("type", "OPS class", 'no column \'Type\' any more, which held type: \'OPS class\' is new; '
         'if that is it, set sheet.columns = {type = "OPS class"}'),
        ("status", "State of it", 'set sheet.columns = {status = "State of it"}'),
        ("email", "Contact", 'set sheet.columns = {email = "Contact"}'),
        ("notes", "[/red]\x1b", 'set sheet.columns = {notes = "[/red]"}'),
    ):  # fmt: skip
        csv_of(path, rows, tuple(title if shown.lower() == name else shown for shown in HEAD))
        for load in (preview, ingest):
            with pytest.raises(InputError) as caught:
                load(settings, engine)
            assert hint in str(caught.value)
            assert f"--lost-columns {name}" in str(caught.value)
            assert "max-removed" not in str(caught.value)
    mapped = {"sheet.source": str(path), "sheet.columns": {"type": "OPS class"}}
    csv_of(path, rows, ("#", "Name", "Email", "OPS class", "Status", "Notes"))
    assert ingest(load_settings(mapped), engine).new_columns == ("OPS class",)
    assert ingest(load_settings(mapped), engine).new_columns == ()
    with pytest.raises(InputError, match=r"no column 'type' any more"):
        ingest(settings, engine)
    lost = {"sheet.source": str(path), "sheet.lost_columns": ["type"]}
    assert ingest(load_settings(lost), engine).sheet_changed
    assert not ingest(settings, engine).sheet_changed
    csv_of(path, rows.replace(",n\n", ",n,https://youtu.be/dQw4w9WgXcQ\n"), (*HEAD, "Link"))
    assert ingest(settings, engine).new_columns[-1:] == ("Link",)
    csv_of(path, rows, HEAD)
    with pytest.raises(InputError, match="'Link' any more, which held link"):
        ingest(settings, engine)


def test_what_the_settings_read_otherwise_is_loaded_again(engine: Target, tmp_path: Path) -> None:
    path = csv_of(tmp_path / "s.csv", "1,Ann,T\n2,Bo,T\n", ("#", "Name", "Klass"))
    given = {"sheet.source": str(path)}
    assert ingest(load_settings(given), engine).sheet_changed
    assert not ingest(load_settings(given), engine).sheet_changed
    typed = given | {"sheet.columns": {"type": "klass"}}
    assert ingest(load_settings(typed), engine).sheet_changed
    assert not ingest(load_settings(typed), engine).sheet_changed
    with connect(engine) as warehouse:
        types = warehouse.query("select type from raw.sheet_rows order by row_key")
    assert sorted(types, key=str) == [("Klass",), ("T",), ("T",), (None,), (None,), (None,)]
