"""How often the 14 findings of NIH ChestX-ray14 occur, alone and in pairs.

Counted from `Data_Entry_2017_v2020.csv` (112,120 images of 30,805 patients) as shipped in the PyPI package
torchxrayvision 1.5.7: the diagonal holds images with a finding, the rest images with both findings.
Data set: Wang et al., "ChestX-ray8", CVPR 2017, NIH Clinical Center.
"""

FINDINGS = (
    "atelectasis",
    "cardiomegaly",
    "consolidation",
    "edema",
    "effusion",
    "emphysema",
    "fibrosis",
    "hernia",
    "infiltration",
    "mass",
    "nodule",
    "pleural_thickening",
    "pneumonia",
    "pneumothorax",
)
"""The findings in the order of the published table."""

IMAGES = 112_120
"""Images in the data set; 60,361 of them carry none of the findings."""

AP_SHARE = 44_810 / IMAGES
"""Share of bedside (AP) images."""

MALE_SHARE = 63_340 / IMAGES
"""Share of images of men."""

COUNTS = (
    (11559, 370, 1223, 221, 3275, 424, 220, 40, 3264, 739, 590, 496, 262, 774),
    (370, 2776, 169, 127, 1063, 44, 52, 7, 587, 102, 108, 111, 41, 49),
    (1223, 169, 4667, 162, 1287, 103, 79, 4, 1221, 610, 428, 251, 123, 223),
    (221, 127, 162, 2303, 593, 30, 9, 3, 981, 129, 131, 64, 340, 33),
    (3275, 1063, 1287, 593, 13317, 359, 188, 21, 4000, 1254, 912, 849, 269, 996),
    (424, 44, 103, 30, 359, 2516, 36, 4, 449, 215, 115, 151, 23, 747),
    (220, 52, 79, 9, 188, 36, 1686, 8, 345, 117, 166, 176, 11, 80),
    (40, 7, 4, 3, 21, 4, 8, 227, 33, 25, 10, 8, 3, 9),
    (3264, 587, 1221, 981, 4000, 449, 345, 33, 19894, 1159, 1546, 750, 605, 946),
    (739, 102, 610, 129, 1254, 215, 117, 25, 1159, 5782, 906, 452, 71, 431),
    (590, 108, 428, 131, 912, 115, 166, 10, 1546, 906, 6331, 411, 70, 341),
    (496, 111, 251, 64, 849, 151, 176, 8, 750, 452, 411, 3385, 48, 289),
    (262, 41, 123, 340, 269, 23, 11, 3, 605, 71, 70, 48, 1431, 41),
    (774, 49, 223, 33, 996, 747, 80, 9, 946, 431, 341, 289, 41, 5302),
)
"""COUNTS[i][j]: images with finding i and finding j."""
