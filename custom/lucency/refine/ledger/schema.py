"""Tables of the ledger's file, and the triggers that let it only grow."""

APPLICATION = 0x4C756C64  # "Luld", in the header of the file
VERSION = 1

ROUND_0, QUESTIONS, VERDICTS = "import", "questions", "verdicts"  # kinds of batches

# Letters of `images.states`, one a finding, in the order of LabelState: positive, negative, uncertain, unmentioned.
LETTERS = "pn?-"

_TABLES = """
CREATE TABLE study_table (
    columns TEXT NOT NULL,    -- JSON list: all columns of the imported table, in their order
    findings TEXT NOT NULL,   -- JSON list: those that are findings, in the order of the letters of images.states
    rest BLOB NOT NULL        -- Parquet: the columns that are neither image, source nor finding
) STRICT;
CREATE TABLE images (
    id INTEGER PRIMARY KEY,   -- row of the imported table, from 0
    image TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,
    states TEXT NOT NULL      -- round 0
) STRICT;
CREATE TABLE batches (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('import', 'questions', 'verdicts')),
    digest TEXT NOT NULL UNIQUE,
    entries INTEGER NOT NULL,
    time TEXT NOT NULL,       -- when it was recorded, UTC
    reason TEXT NOT NULL
) STRICT;
CREATE TABLE questions (
    round INTEGER NOT NULL CHECK (round > 0),
    image INTEGER NOT NULL REFERENCES images,
    finding TEXT NOT NULL,
    batch INTEGER NOT NULL REFERENCES batches,
    PRIMARY KEY (round, image, finding)
) STRICT, WITHOUT ROWID;
CREATE TABLE verdicts (
    round INTEGER NOT NULL,
    image INTEGER NOT NULL,
    finding TEXT NOT NULL,
    reader TEXT NOT NULL CHECK (reader <> ''),
    state TEXT NOT NULL CHECK (state IN ('positive', 'negative', 'uncertain')),
    source TEXT NOT NULL,
    time TEXT NOT NULL,       -- when it was said, UTC
    reason TEXT NOT NULL,
    batch INTEGER NOT NULL REFERENCES batches,
    PRIMARY KEY (round, image, finding, reader),
    FOREIGN KEY (round, image, finding) REFERENCES questions
) STRICT, WITHOUT ROWID;
"""

_ONLY_GROWS = """
CREATE TRIGGER {table}_refuses_update BEFORE UPDATE ON {table}
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER {table}_refuses_delete BEFORE DELETE ON {table}
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER {table}_refuses_replace BEFORE INSERT ON {table} WHEN EXISTS ({known})
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
"""

# Foreign keys say the same, but SQLite heeds them only in connections that ask for it.
_ONLY_ANSWERS = """
CREATE TRIGGER verdicts_need_questions BEFORE INSERT ON verdicts WHEN NOT EXISTS (
    SELECT 1 FROM questions WHERE (round, image, finding) = (NEW.round, NEW.image, NEW.finding)
)
BEGIN SELECT RAISE(ABORT, 'nobody was asked'); END;
"""

# INSERT OR REPLACE deletes without asking the delete trigger, so that a third one asks for what it would replace.
_KNOWN = {
    "batches": "SELECT 1 FROM batches WHERE id = NEW.id UNION SELECT 1 FROM batches WHERE digest = NEW.digest",
    "questions": "SELECT 1 FROM questions WHERE (round, image, finding) = (NEW.round, NEW.image, NEW.finding)",
    "verdicts": "SELECT 1 FROM verdicts "
    "WHERE (round, image, finding, reader) = (NEW.round, NEW.image, NEW.finding, NEW.reader)",
    "study_table": "SELECT 1 FROM batches",  # round 0 is whole once its batch stands
    "images": "SELECT 1 FROM batches",
}

SCHEMA = (
    _TABLES
    + _ONLY_ANSWERS
    + "".join(_ONLY_GROWS.format(table=table, known=known) for table, known in _KNOWN.items())
    + f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION};"
)
"""SQL that makes an empty ledger."""
