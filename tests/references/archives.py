"""Small label files in the published format of every archive, with files that stand for their images."""

import csv
import io
import tarfile
from pathlib import Path

CHEXPERT = (
    "No Finding,Enlarged Cardiomediastinum,Cardiomegaly,Lung Opacity,Lung Lesion,Edema,Consolidation,Pneumonia,"
    "Atelectasis,Pneumothorax,Pleural Effusion,Pleural Other,Fracture,Support Devices"
)
VINDR = (
    "Aortic enlargement,Atelectasis,Calcification,Cardiomegaly,Clavicle fracture,Consolidation,Edema,Emphysema,"
    "Enlarged PA,ILD,Infiltration,Lung Opacity,Lung cavity,Lung cyst,Mediastinal shift,Nodule/Mass,Pleural effusion,"
    "Pleural thickening,Pneumothorax,Pulmonary fibrosis,Rib fracture,Other lesion,COPD,Lung tumor,Pneumonia,"
    "Tuberculosis,Other diseases,No finding"
)
NIH = (
    "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
    "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]"
)
PADCHEST = (
    "ImageID,ImageDir,StudyDate_DICOM,StudyID,PatientID,PatientBirth,PatientSex_DICOM,Projection,MethodLabel,Labels"
)
REPORT = (
    '<?xml version="1.0" encoding="utf-8"?><eCitation><uId id="CXR1"/><MeSH><major>Opacity/lung/base/left</major>'
    '<major>Cardiomegaly/borderline</major></MeSH><parentImage id="CXR1_1_IM-0001-3001"/></eCitation>'
)


def touch(*paths):
    for path in map(Path, paths):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def write_archives(root):
    """Write below the folder `root` what the page about importing names."""
    for write in (_nih, _google, _chexpert, _mimic, _padchest, _openi, _vindr, _rsna, _siim, _hospital):
        write(Path(root))
    touch(*[Path(root) / "pool" / f"{n}.png" for n in range(3)])


def _text(path, *lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def _nih(root):
    names = [f"{n:08d}_000.png" for n in range(1, 13)]
    rows = [f"{name},Effusion,0,{n},57,M,PA,2682,2749,0.143,0.143" for n, name in enumerate(names)]
    _text(root / "nih" / "Data_Entry_2017_v2020.csv", NIH, *rows)
    _text(root / "nih" / "train_val_list.txt", *names[:10])
    _text(root / "nih" / "test_list.txt", *names[10:])
    touch(*[root / "nih" / "images_001" / "images" / name for name in names])


def _google(root):
    header = f"{NIH},Fracture,Pneumothorax,Airspace opacity,Nodule or mass"
    row = "{:08d}_000.png,Effusion,0,{},57,M,PA,2682,2749,0.143,0.143,NO,NO,YES,"
    _text(root / "google" / "validation_labels.csv", header, row.format(1, 0))
    _text(root / "google" / "test_labels.csv", header, row.format(2, 1))


def _chexpert(root):
    header = f"Path,Sex,Age,Frontal/Lateral,AP/PA,{CHEXPERT}"
    for patient, folder in enumerate(["train", "valid"]):
        image = f"CheXpert-v1.0-small/{folder}/patient0000{patient}/study1/view1_frontal.jpg"
        frontal = f"{image},Female,68,Frontal,AP,,,,,,,,,,,1.0,,,"
        lateral = frontal.replace("view1_frontal", "view2_lateral").replace("Frontal,AP", "Lateral,")
        _text(root / "CheXpert-v1.0-small" / f"{folder}.csv", header, frontal, lateral)
        touch(root / image, root / image.replace("view1_frontal", "view2_lateral"))


def _mimic(root):
    folder = root / "mimic"
    labels = {"Pleural Effusion": "1.0", "Edema": "-1.0", "Pneumothorax": "0.0"}
    cells = ",".join(labels.get(word, "") for word in CHEXPERT.split(","))
    _text(folder / "mimic-cxr-2.0.0-chexpert.csv", f"subject_id,study_id,{CHEXPERT}", f"10,50,{cells}")
    _text(folder / "mimic-cxr-2.0.0-metadata.csv", "dicom_id,subject_id,study_id,ViewPosition", "a1,10,50,PA")
    _text(folder / "mimic-cxr-2.0.0-split.csv", "dicom_id,study_id,subject_id,split", "a1,50,10,validate")
    touch(folder / "files" / "p10" / "p10" / "s50" / "a1.jpg")


def _padchest(root):
    row = ["a.png", "0", "20140915", "s1", "p1", "1930.0", "F", "PA", "Physician", "['pleural effusion', ' unchanged']"]
    cells = io.StringIO()
    csv.writer(cells).writerow(row)
    _text(
        root / "padchest" / "PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv", PADCHEST, cells.getvalue().strip()
    )
    touch(root / "padchest" / "0" / "a.png")


def _openi(root):
    touch(root / "openi" / "CXR1_1_IM-0001-3001.png")
    with tarfile.open(root / "openi" / "NLMCXR_reports.tgz", "w:gz") as archive:
        member = tarfile.TarInfo("ecgen-radiology/1.xml")
        member.size = len(REPORT)
        archive.addfile(member, io.BytesIO(REPORT.encode()))


def _vindr(root):
    folder = root / "vindr"
    said = [("a", "R1", {"Pneumonia"}), ("a", "R2", {"No finding"}), ("a", "R3", {"No finding"})]
    rows = [
        ",".join([image, reader, *("01"[word in named] for word in VINDR.split(","))]) for image, reader, named in said
    ]
    _text(folder / "image_labels_train.csv", f"image_id,rad_id,{VINDR}", *rows)
    row = ["b", *("01"[word == "Pleural effusion"] for word in VINDR.split(","))]
    _text(folder / "image_labels_test.csv", f"image_id,{VINDR.replace('diseases', 'disease')}", ",".join(row))
    _text(
        folder / "annotations_train.csv",
        "image_id,rad_id,class_name,x_min,y_min,x_max,y_max",
        "a,R1,Consolidation,1,2,30,40",
        "a,R2,No finding,,,,",
    )
    touch(folder / "train" / "a.dicom", folder / "test" / "b.dicom")


def _rsna(root):
    folder = root / "rsna"
    _text(folder / "stage_2_train_labels.csv", "patientId,x,y,width,height,Target", "a,,,,,0", "b,1,2,3,4,1")
    _text(folder / "stage_2_detailed_class_info.csv", "patientId,class", "a,Normal", "b,Lung Opacity")
    touch(folder / "stage_2_train_images" / "a.dcm", folder / "stage_2_train_images" / "b.dcm")


def _siim(root):
    _text(root / "siim" / "train-rle.csv", "ImageId, EncodedPixels", "1.2.3, -1", "1.2.4,557374 2 1015 8")
    touch(root / "siim" / "dicom-images-train" / "1.2.3.dcm", root / "siim" / "dicom-images-train" / "1.2.4.dcm")


def _hospital(root):
    touch(root / "hospital" / "images" / "a.png", root / "hospital" / "images" / "b" / "c.jpg")
    _text(root / "hospital" / "labels.csv", "file,case,Pleuraerguss,Pneumothorax", "a,1,1,?", "b/c.jpg,2,0,")
