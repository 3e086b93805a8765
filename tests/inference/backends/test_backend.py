"""Every backend answers as the network does, or says in one line why it does not answer."""

import json
import logging
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from lucency.errors import ConfigError
from lucency.files import sha256_of
from lucency.inference.backends import BOUNDS, RUNTIMES, Backend

INSTALLED = ["torch", "torchscript", "onnxruntime", "openvino"]
REDUCED = [("torch", "bf16"), ("openvino", "bf16"), ("onnxruntime", "int8"), ("openvino", "int8")]


def backend(exported, name, **settings):
    return Backend(name=name, network=exported.network, weights=exported.weights, threads=1, **settings).eval()


def gap(logits, expected):
    return (logits.sigmoid() - expected.sigmoid()).abs().max().item()


@pytest.mark.parametrize("name", INSTALLED)
def test_any_number_of_images_gets_the_networks_answer(everything, make_images, name):
    answer = backend(everything, name)
    assert answer.chosen is None
    for count in (1, 5, 2):
        images = make_images(count)
        with torch.no_grad():
            logits, expected = answer(images), everything.network(images)
        assert logits.dtype == torch.float32
        assert logits.shape == (count, 3)
        assert gap(logits, expected) <= 1e-4
    assert answer.chosen == name
    assert [key.removeprefix("network.") for key in answer.state_dict()] == list(everything.network.state_dict())


@pytest.mark.parametrize(("name", "precision"), REDUCED)
def test_reduced_precision_stays_within_its_bound_and_is_not_float32(everything, name, precision):
    with torch.no_grad():
        logits, expected = (
            backend(everything, name, precision=precision)(everything.images),
            everything.network(everything.images),
        )
    assert logits.dtype == torch.float32
    assert 1e-6 < gap(logits, expected) <= BOUNDS[precision]


def test_exports_do_not_follow_the_engines_autocast(everything):
    answer = backend(everything, "torchscript")
    expected = everything.network(everything.images)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert gap(answer(everything.images), expected) <= 1e-4


def test_torch_answers_with_the_weights_the_network_has_when_called(make_network, make_images, tmp_path):
    network = make_network(seed=1)
    answer = Backend(name="torch", network=network, weights=tmp_path / "not yet.pt")
    network.load_state_dict(make_network(seed=0).state_dict())
    assert torch.equal(answer(make_images(2)), make_network(seed=0)(make_images(2)))


@pytest.mark.parametrize("name", ["onnxruntime", "openvino", "torchscript"])
def test_several_threads_may_ask_at_once(everything, make_images, name):
    answer = backend(everything, name)
    batches = [make_images(count) for count in (1, 2, 3, 4, 5, 6)] * 4
    answer(batches[0])
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(answer, batches))
    for images, logits in zip(batches, answers, strict=True):
        assert gap(logits, everything.network(images)) <= 1e-4


def test_a_folder_elsewhere(everything, exported):
    answer = backend(exported, "onnxruntime", folder=everything.folder / "exports")
    assert gap(answer(exported.images), exported.network(exported.images)) <= 1e-4


def refusal(exported, name="onnxruntime", images=None, **settings):
    with pytest.raises(ConfigError) as caught:
        backend(exported, name, **settings)(exported.images if images is None else images)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": "onxruntime"}, "backend 'onxruntime' is unknown; did you mean 'onnxruntime'? (there are: torch, "),
        ({"name": "autp"}, "did you mean 'auto'?"),
        ({"name": "torch", "precision": "fp16"}, "precision 'fp16' is unknown"),
        ({"name": "torch", "precision": "int8"}, "cannot compute in int8; choose precision fp32, bf16"),
    ],
)
def test_wrong_settings_end_before_anything_is_read(exported, settings, message):
    assert message in refusal(exported, images="never looked at", **settings)


def test_no_threads(exported):
    with pytest.raises(ConfigError, match="threads is 0"):
        Backend(name="torch", network=exported.network, weights=exported.weights, threads=0)


@pytest.mark.parametrize("name", ["onnxruntime", "openvino"])
def test_an_absent_library_names_its_install_command(exported, monkeypatch, name):
    monkeypatch.setitem(sys.modules, name, None)
    assert refusal(exported, name) == (
        f"backend '{name}': {name} is not installed; pip install 'lucency[export]', or choose backend torch"
    )


def test_no_exports(exported):
    assert "lucency export" in refusal(exported, folder=exported.folder / "nowhere")


def test_an_export_that_was_not_made_says_why(exported):
    edit(exported, lambda content: content["exports"].remove(entry(content, "onnxruntime")))
    assert "holds no onnxruntime in fp32; make it with lucency export --backend onnxruntime" in refusal(exported)


def test_exports_of_other_weights(exported, make_network):
    torch.save(make_network(seed=5).state_dict(), exported.weights)
    assert "made of other weights than" in refusal(exported)


@pytest.mark.parametrize("name", ["onnxruntime-fp32.onnx", "checked_on.safetensors"])
def test_a_truncated_file(exported, name):
    path = exported.folder / "exports" / name
    path.write_bytes(path.read_bytes()[:-100])
    message = refusal(exported)
    assert str(path) in message
    assert "damaged" in message


def test_half_of_an_openvino_model(exported):
    (exported.folder / "exports" / "openvino-fp32.bin").unlink()
    assert "openvino-fp32.bin: is gone; export again" in refusal(exported, "openvino")


@pytest.mark.parametrize("content", ["", "{}", '{"weights_sha256": 3}', "\udcff"])
def test_an_unreadable_record(exported, content):
    (exported.folder / "exports" / "exports.json").write_text(content, errors="surrogateescape")
    assert "exports.json: does not describe exports" in refusal(exported)


def test_a_file_the_library_cannot_open(exported):
    path = exported.folder / "exports" / "onnxruntime-fp32.onnx"
    path.write_bytes(b"not onnx")
    edit(exported, lambda c: entry(c, "onnxruntime")["files"].update({path.name: sha256_of(path)}))
    assert "onnxruntime cannot open it" in refusal(exported)


def test_another_image_size(exported, make_images):
    assert "exported for images of 1 x 32 x 32, not 1 x 48 x 48" in refusal(exported, images=make_images(1, size=48))


def test_a_network_with_other_settings_or_without_its_weights(exported, make_network):
    exported.network.load_state_dict(make_network(seed=3).state_dict())
    assert "another network than this one, or its weights are not loaded" in refusal(exported)


def test_a_machine_that_computes_otherwise(exported, monkeypatch):
    runtime = RUNTIMES["onnxruntime"]
    opened = runtime.open

    def shifted(*arguments):
        answer = opened(*arguments)
        return lambda images: answer(images) + 0.01

    monkeypatch.setattr(runtime, "open", shifted)
    assert "answers otherwise on this machine than at export" in refusal(exported)


def edit(exported, change):
    path = exported.folder / "exports" / "exports.json"
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def entry(content, name, precision="fp32"):
    return next(e for e in content["exports"] if (e["backend"], e["precision"]) == (name, precision))


def with_times(exported, **milliseconds):
    def change(content):
        for export in content["exports"]:
            export["ms_per_image"] = milliseconds.get(export["backend"]) if export["precision"] == "fp32" else 0.001

    edit(exported, change)


def chosen(exported, caplog, **settings):
    caplog.clear()
    with caplog.at_level(logging.INFO):
        answer = backend(exported, "auto", **settings)
        logits = answer(exported.images)
    assert gap(logits, exported.network(exported.images)) <= BOUNDS[answer.precision]
    return answer.chosen, caplog.text


@pytest.mark.parametrize("fastest", INSTALLED)
def test_auto_takes_the_fastest_and_says_so(exported, caplog, fastest):
    with_times(exported, **{name: 1.5 if name == fastest else 7.0 for name in INSTALLED})
    name, text = chosen(exported, caplog)
    assert name == fastest
    assert f"backend auto: {fastest}" in text


def test_auto_looks_at_its_own_precision_alone(exported, caplog):
    with_times(exported, torch=1.0, openvino=5.0)
    assert chosen(exported, caplog, precision="int8")[0] in ("onnxruntime", "openvino")


def test_auto_goes_on_to_the_next_where_the_fastest_is_damaged(exported, caplog):
    with_times(exported, torch=9.0, openvino=1.0, onnxruntime=2.0)
    (exported.folder / "exports" / "openvino-fp32.xml").write_text("")
    name, text = chosen(exported, caplog)
    assert name == "onnxruntime"
    assert "not openvino, because of" in text


def test_auto_without_the_library(exported, caplog, monkeypatch):
    with_times(exported, torch=9.0, openvino=1.0)
    monkeypatch.setitem(sys.modules, "openvino", None)
    assert chosen(exported, caplog)[0] == "torch"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda content: content.update(device="cpu: of another house"), "this is cpu: "),
        (lambda content: content.update(weights_sha256="0"), "made of other weights"),
    ],
)
def test_auto_falls_back_to_torch_and_says_why(exported, caplog, change, reason):
    edit(exported, change)
    name, text = chosen(exported, caplog)
    assert name == "torch"
    assert reason in text


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_auto_without_exports_is_torch(exported, caplog, precision):
    name, text = chosen(exported, caplog, folder=exported.folder / "nowhere", precision=precision)
    assert name == "torch"
    assert "there are no exports" in text
