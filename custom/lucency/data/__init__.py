"""Study tables: what is known about every image, validated, split by patient and turned into MONAI data lists."""

from .fingerprint import table_fingerprint
from .records import load_records
from .split_record import check_split_record, write_split_record
from .splits import patient_folds, split_hash, split_patients
from .study_table import read_study_table, write_study_table
from .validation import check_study_table, finding_columns

__all__ = [
    "check_split_record",
    "check_study_table",
    "finding_columns",
    "load_records",
    "patient_folds",
    "read_study_table",
    "split_hash",
    "split_patients",
    "table_fingerprint",
    "write_split_record",
    "write_study_table",
]
