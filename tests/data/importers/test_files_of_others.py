"""No importer makes a table of another archive's file."""

import pytest

from lucency.data.importers import IMPORTERS
from lucency.errors import TableError
from references.archives import write_archives

FILES = {
    "nih": "nih/Data_Entry_2017_v2020.csv",
    "google_nih": "google/validation_labels.csv",
    "chexpert": "CheXpert-v1.0-small/train.csv",
    "mimic": "mimic/mimic-cxr-2.0.0-chexpert.csv",
    "padchest": "padchest/PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv",
    "openi": "openi/NLMCXR_reports.tgz",
    "vindr": "vindr/image_labels_train.csv",
    "rsna": "rsna/stage_2_train_labels.csv",
    "siim": "siim/train-rle.csv",
}
UNTOLD = {("mimic", "chexpert")}  # but for its study_id it could be one
OTHERS = [
    "mimic/mimic-cxr-2.0.0-metadata.csv", "mimic/mimic-cxr-2.0.0-split.csv", "vindr/annotations_train.csv",
    "rsna/stage_2_detailed_class_info.csv", "hospital/labels.csv", "nih/test_list.txt", "pool", "pool/nothing.csv",
]  # fmt: skip


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    folder = tmp_path_factory.mktemp("archives")
    write_archives(folder)
    return folder


@pytest.mark.parametrize("importer", FILES)
def test_the_file_of_another_archive_is_refused_by_its_name(importer, archives):
    for owner in FILES.keys() - {importer}:
        with pytest.raises(TableError) as caught:
            IMPORTERS[importer].read(archives / FILES[owner])
        message = str(caught.value)
        assert message.startswith(f"{archives / FILES[owner]}: ")
        assert "\n" not in message
        if "openi" not in (importer, owner) and (importer, owner) not in UNTOLD:
            assert f"importer {owner} reads" in message


@pytest.mark.parametrize("importer", FILES)
def test_what_holds_no_labels_is_refused_in_one_line(importer, archives):
    for file in OTHERS:
        with pytest.raises(TableError) as caught:
            IMPORTERS[importer].read(archives / file)
        assert str(caught.value).startswith(f"{archives / file}: ")
        assert "\n" not in str(caught.value)
