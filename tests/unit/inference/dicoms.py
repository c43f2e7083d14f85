"""Multi-frame ultrasound DICOM files that the tests make themselves."""

import io
from collections.abc import Sequence
from pathlib import Path

import cv2
import gdcm
import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, ExplicitVRLittleEndian, UltrasoundMultiFrameImageStorage

from tests.unit.inference import clips

NAME = "DOE^JANE"
JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
H264 = "1.2.840.10008.1.2.4.102"
HEVC = "1.2.840.10008.1.2.4.107"
BY_GDCM = {
    "RLE": gdcm.TransferSyntax.RLELossless,
    "JPEG Baseline": gdcm.TransferSyntax.JPEGBaselineProcess1,
    "JPEG Lossless": gdcm.TransferSyntax.JPEGLosslessProcess14_1,
    "JPEG-LS": gdcm.TransferSyntax.JPEGLSLossless,
    "JPEG 2000 lossless": gdcm.TransferSyntax.JPEG2000Lossless,
    "JPEG 2000": gdcm.TransferSyntax.JPEG2000,
}


def described(frames: Sequence[object], size: tuple[int, int], **tags: object) -> Dataset:
    """A header as a scanner writes it: 30 frames per second, with a name."""
    tagged = Dataset()
    tagged.SOPClassUID = UltrasoundMultiFrameImageStorage
    tagged.SOPInstanceUID = "1.2.3.4"
    tagged.Modality = "US"
    tagged.PatientName = NAME
    tagged.PatientID = "482913"
    tagged.NumberOfFrames = len(frames)
    tagged.Rows, tagged.Columns = size
    tagged.SamplesPerPixel = 1
    tagged.PhotometricInterpretation = "MONOCHROME2"
    tagged.BitsAllocated = tagged.BitsStored = 8
    tagged.HighBit = 7
    tagged.PixelRepresentation = 0
    tagged.FrameTime = "33.333"
    for name, value in tags.items():
        setattr(tagged, name, value)
    return tagged


def written(tagged: Dataset, pixels: bytes, syntax: str = ExplicitVRLittleEndian) -> bytes:
    """The header and these pixels as a file."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = tagged.SOPClassUID
    meta.MediaStorageSOPInstanceUID = tagged.SOPInstanceUID
    meta.TransferSyntaxUID = UID(syntax)
    tagged.file_meta = meta
    tagged.PixelData = pixels
    tagged["PixelData"].VR = "OB" if tagged.BitsAllocated == 8 or syntax != meta else "OW"
    file = io.BytesIO()
    tagged.save_as(file, enforce_file_format=True)
    return file.getvalue()


def gray(frames: clips.Gray, **tags: object) -> bytes:
    """Uncompressed MONOCHROME2 (or as the tags say)."""
    return written(described(frames, frames.shape[1:3], **tags), frames.tobytes())


def colour(frames: clips.Gray, colours: str = "RGB", **tags: object) -> bytes:
    """Uncompressed colours: the gray in all channels."""
    tags = {"SamplesPerPixel": 3, "PlanarConfiguration": 0, **tags}
    tagged = described(frames, frames.shape[1:3], PhotometricInterpretation=colours, **tags)
    if colours == "RGB":
        return written(tagged, np.repeat(frames[..., np.newaxis], 3, axis=3).tobytes())
    neutral = np.full_like(frames, 128)
    if colours == "YBR_FULL_422":
        pairs = [frames[..., ::2], frames[..., 1::2], neutral[..., ::2], neutral[..., ::2]]
        return written(tagged, np.stack(pairs, axis=3).tobytes())
    return written(tagged, np.stack([frames, neutral, neutral], axis=3).tobytes())


def palette(frames: clips.Gray) -> bytes:
    """Numbers of a gray palette of 16 bits."""
    ramp = (np.arange(256, dtype="<u2") * 257).tobytes()
    tags: dict[str, object] = {"PhotometricInterpretation": "PALETTE COLOR"}
    for channel in ("Red", "Green", "Blue"):
        tags[f"{channel}PaletteColorLookupTableDescriptor"] = [256, 0, 16]
        tags[f"{channel}PaletteColorLookupTableData"] = ramp
    return gray(frames, **tags)


def jpegs(frames: clips.Gray, **tags: object) -> bytes:
    """JPEG Baseline, one fragment a frame."""
    pictures = [cv2.imencode(".jpg", frame)[1].tobytes() for frame in frames]
    size = frames.shape[1], frames.shape[2]
    return written(described(frames, size, **tags), encapsulate(pictures), JPEG_BASELINE)


def movie(stream: bytes, frames: clips.Gray, syntax: str) -> bytes:
    """An MPEG stream as one frame's fragments."""
    tagged = described(frames, (frames.shape[1], frames.shape[2]))
    tagged.SamplesPerPixel, tagged.PlanarConfiguration = 3, 0
    tagged.PhotometricInterpretation = "YBR_PARTIAL_420"
    return written(tagged, encapsulate([stream]), syntax)


def recoded(content: bytes, syntax: str, folder: Path) -> bytes:
    """The same file in another transfer syntax, by gdcm."""
    before, after = folder / "before.dcm", folder / "after.dcm"
    before.write_bytes(content)
    reader = gdcm.ImageReader()
    reader.SetFileName(str(before))
    assert reader.Read()
    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(BY_GDCM[syntax]))
    change.SetInput(reader.GetImage())
    assert change.Change()
    writer = gdcm.ImageWriter()
    writer.SetFileName(str(after))
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    assert writer.Write()
    return after.read_bytes()


def region(left: int, top: int, right: int, bottom: int) -> Dataset:
    """A region of 2D tissue."""
    item = Dataset()
    item.RegionSpatialFormat = item.RegionDataType = 1
    item.RegionLocationMinX0, item.RegionLocationMinY0 = left, top
    item.RegionLocationMaxX1, item.RegionLocationMaxY1 = right, bottom
    return item


def with_overlay(content: bytes, name: bytes) -> bytes:
    """The same file, with a name in an overlay plane and in a private tag."""
    tagged = pydicom.dcmread(io.BytesIO(content))
    block = tagged.private_block(0x0029, "SCANNER", create=True)
    block.add_new(0x10, "OB", name + bytes(len(name) % 2))
    tagged.add_new(0x60000010, "US", tagged.Rows)
    tagged.add_new(0x60000011, "US", tagged.Columns)
    tagged.add_new(0x60000022, "LO", name.decode())
    tagged.add_new(0x60000040, "CS", "G")
    tagged.add_new(0x60000050, "SS", [1, 1])
    tagged.add_new(0x60000100, "US", 1)
    tagged.add_new(0x60000102, "US", 0)
    tagged.add_new(0x60003000, "OB", b"\xff" * (tagged.Rows * tagged.Columns // 8))
    file = io.BytesIO()
    tagged.save_as(file)
    return file.getvalue()
