"""The PACS node: radiographs in by DICOM or DICOMweb, coded results back, nothing lost."""
