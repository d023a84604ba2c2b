"""Runs the SQL of docs/sql.md as it stands there, and compares each answer with those of the library."""

import json
import random
import re
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

from chdb.session import Session

COUNT = 10_000


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def keys() -> list[str]:
    """Keys of all sorts: none at all, all lengths around SipHash's blocks, numbers, UUIDs, names of many scripts."""
    chance = random.Random(1)
    letters = "abzAZ09 -_.:/'\"\\\t\nžčßøЖя漢字日本🌧️🦀"
    some = ["", " ", "0", "NULL", "žluťoučký kůň", "漢字", "🦀", "a'b", 'a"b', "a\\b", "a\tb", "a\nb", "a\u0000b"]
    some += ["x" * length for length in range(1, 80)]
    some += ["".join(chance.choices(letters, k=chance.randrange(1, 40))) for _ in range(3_000)]
    some += [str(uuid.UUID(int=chance.getrandbits(128), version=4)) for _ in range(3_000)]
    some += [f"user-{number}" for number in range(COUNT)]
    return list(dict.fromkeys(some))[:COUNT]


def literal(text: str) -> str:
    """A text as ClickHouse reads it, whatever is in it."""
    return f"unhex('{text.encode().hex()}')"


def rows(session: Session, query: str) -> list[dict]:
    return [json.loads(line) for line in str(session.query(query, "JSONEachRow")).splitlines()]


def vectors(session: Session, specification: str) -> int:
    """Compares with the vectors of FORMAT.md. Returns how many there are."""
    lines = re.findall(
        r"^\| (?:`(.+)`|\(empty.*\)|the number (-?\d+)) \| `(.+)` \| 0x(\w{16}) \| 0x(\w{16}) \|.*?\| 0x(\w{16}) \|",
        specification,
        re.MULTILINE,
    )
    for text, number, salt, *wanted in lines:
        value = number or literal(text)
        (got,) = rows(
            session,
            f"""SELECT lower(hex(waterspout_unit({value}))) AS unit,
                lower(hex(waterspout_position('rollout', {value}, '{salt}'))) AS rollout,
                lower(hex(waterspout_position('split', {value}, '{salt}'))) AS split""",
        )
        if [place.zfill(16) for place in got.values()] != wanted:
            sys.exit(f"{value} with the salt {salt}: SQL has {got}, FORMAT.md {wanted}")
    return len(lines)


def from_sql(session: Session, query: str, asked: list[str]) -> dict[str, dict[str, str]]:
    session.query("CREATE TABLE users (key String) ENGINE = Memory")
    for start in range(0, len(asked), 1_000):
        values = ", ".join(f"({literal(key)})" for key in asked[start : start + 1_000])
        session.query(f"INSERT INTO users VALUES {values}")
    return {row.pop("key"): row for row in rows(session, query)}


def from_library(program: str, flags: str, asked: list[str]) -> dict[str, dict[str, str]]:
    """Each key with the variant of each flag."""
    with tempfile.TemporaryDirectory() as folder:
        file, contexts = Path(folder, "flags.json"), Path(folder, "users.jsonl")
        file.write_text(flags)
        contexts.write_text("".join(json.dumps({"targetingKey": key}) + "\n" for key in asked))
        answers = {key: {} for key in asked}
        for flag in json.loads(flags)["flags"]:
            command = [program, "eval", str(file), "--flag", flag, "--contexts", str(contexts)]
            lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\n")[:-1]
            for key, line in zip(asked, lines, strict=True):
                answers[key][flag] = json.loads(line)["variant"]
        return answers


def main() -> None:
    page, specification, program = sys.argv[1:]
    page = Path(page).read_text()
    functions, query = blocks(page, "sql")
    (flags,) = blocks(page, "json")
    with tempfile.TemporaryDirectory() as folder:
        session = Session(folder)
        for statement in re.sub(r"--.*", "", functions).split(";"):
            if statement.strip():
                session.query(statement)
        count = vectors(session, Path(specification).read_text())
        if count != 8:
            sys.exit(f"FORMAT.md has 8 vectors, and {count} were found")
        asked = keys()
        ours, theirs = from_library(program, flags, asked), from_sql(session, query, asked)
        (missing,) = rows(session, "SELECT waterspout_in_rollout(NULL, 'any', 100000) AS held")
        if missing["held"] not in (0, False):
            sys.exit(f"who has no key is in a rollout of 100 %: {missing}")
        # The variants are those of the library's answer; who is left out of all has the default.
        differing = [(key, ours[key], theirs.get(key)) for key in asked if ours[key] != theirs.get(key)]
        for key, library, sql in differing[:10]:
            print(f"{key!r}: the library answers {library}, SQL {sql}")
        shares = {flag: len({answer[flag] for answer in ours.values()}) for flag in json.loads(flags)["flags"]}
        version = rows(session, "SELECT version() AS version")[0]["version"]
        session.close()
    if differing or len(theirs) != len(asked):
        sys.exit(f"{len(differing)} of {len(asked)} keys differ")
    if shares["new-checkout"] != 2 or shares["buy-button"] != 4:
        sys.exit(f"not every variant was answered, so little was compared: {shares}")
    print(f"{count} vectors, and {len(asked)} keys for {len(shares)} flags: equal, ClickHouse {version}")


main()
