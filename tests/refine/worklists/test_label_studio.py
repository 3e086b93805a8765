"""Label Studio: tasks and interface out, annotations of several readers in."""

import json
from xml.etree import ElementTree

import pytest

from lucency.errors import TableError
from lucency.refine.worklists import Question, RejectedVerdictsError, label_studio, read_label_studio, record_verdicts

READER = {"id": 7, "email": "someone@hospital.example", "first_name": "Some", "last_name": "One"}


def question(image, finding):
    return Question(round=1, image=image, finding=finding)


def annotation(answers, completed_by=7, **further):
    result = [
        {
            "id": f"r{number}",
            "from_name": name,
            "to_name": "image",
            "type": "choices",
            "value": {"choices": [word]},
        }
        for number, (name, word) in enumerate(answers)
    ]
    times = {"created_at": "2026-03-01T08:00:00.5Z", "updated_at": "2026-03-01T08:30:00.5Z"}
    return {"completed_by": completed_by, "was_cancelled": False, "result": result, **times, **further}


NO_CHOICE = annotation([]) | {"result": [{"from_name": "mass", "value": None}]}


@pytest.fixture
def export(asked):
    """A function that writes an export in which some tasks are annotated, by image."""

    def write(annotations, change=None):
        tasks = json.loads((asked.folder / "one" / "label_studio.json").read_text())
        for number, task in enumerate(tasks, start=101):
            task |= {"id": number, "annotations": annotations.get(task["data"]["lucency_image"], [])}
        tasks = sorted(tasks, key=lambda task: task["data"]["lucency_image"])
        if change is not None:
            change(tasks)
        path = asked.folder / "export.json"
        path.write_text(json.dumps(tasks))
        return path

    return write


def test_images_with_equal_questions_are_one_task_each():
    questions = [question(image, finding) for image in ("a.png", "b.png") for finding in ("effusion", "mass")]
    tasks, interface = label_studio(questions)
    assert [task["data"]["lucency_image"] for task in json.loads(tasks)] == ["a.png", "b.png"]
    view = ElementTree.fromstring(interface)
    controls = {control.get("name"): [one.get("value") for one in control] for control in view.iter("Choices")}
    words = ["present", "absent", "uncertain", "cannot tell"]
    assert controls == {"effusion": words, "mass": words}
    assert {control.get("toName") for control in view.iter("Choices")} == {view.find("Image").get("name")}
    assert [header.get("value") for header in view.iter("Header")] == ["$question", "Pleural effusion", "Mass"]


def test_otherwise_a_task_is_a_question_so_that_nothing_else_is_answered():
    tasks, interface = label_studio(
        [question("a.png", "effusion"), question("a.png", "mass"), question("b.png", "mass")]
    )
    data = [task["data"] for task in json.loads(tasks)]
    assert [(one["lucency_image"], one["finding"]) for one in data] == [
        ("a.png", "effusion"),
        ("a.png", "mass"),
        ("b.png", "mass"),
    ]
    assert [control.get("name") for control in ElementTree.fromstring(interface).iter("Choices")] == ["verdict"]


def test_a_prefix_makes_urls_that_say_the_whole_path():
    tasks, _ = label_studio([question("x/a b&c.png", "mass")], "/data/local-files/?d=")
    data = json.loads(tasks)[0]["data"]
    assert data["image"] == "/data/local-files/?d=x/a%20b%26c.png"
    assert data["lucency_image"] == "x/a b&c.png"


def test_several_readers_annotations_become_verdicts(asked, export):
    answers = [("effusion", "absent"), ("mass", "cannot tell")]
    path = export(
        {
            "a.dcm": [annotation(answers), annotation([("effusion", "present")], completed_by=READER | {"id": 8})],
            "b.dcm": [annotation(answers, was_cancelled=True), annotation([])],
        }
    )
    file = read_label_studio(path)
    # open: b.dcm has one empty annotation, nobody annotated e.png
    assert (file.cancelled, file.unanswered) == (1, 2)
    with asked.open() as ledger:
        assert record_verdicts(ledger, [file]) == (3, 0)
        said = {(one.image, one.finding, one.reader): one for one in ledger.verdicts()}
    assert {key: one.state for key, one in said.items()} == {
        ("a.dcm", "effusion", "label-studio-7"): "negative",
        ("a.dcm", "mass", "label-studio-7"): "uncertain",
        ("a.dcm", "effusion", "label-studio-8"): "positive",
    }
    assert {one.time for one in said.values()} == {"2026-03-01T08:30:00.500000+00:00"}
    assert b"someone@" not in asked.ledger.read_bytes()


def test_a_task_of_one_question_is_answered_by_its_control(site):
    with site.open() as ledger:
        site.begin(ledger, "one", budget=2, unit="entry")
        tasks = json.loads((site.folder / "one" / "label_studio.json").read_text())
        for task in tasks:
            task["annotations"] = [annotation([("verdict", "uncertain")])]
        (site.folder / "export.json").write_text(json.dumps(tasks))
        record_verdicts(ledger, [read_label_studio(site.folder / "export.json", reader="R1")])
        assert {(one.image, one.finding) for one in ledger.verdicts()} == set(ledger.asked(1))
        assert {one.reader for one in ledger.verdicts()} == {"R1"}


def set_image(tasks):
    tasks[0]["data"]["lucency_image"] = "x.dcm"


def set_round(tasks):
    tasks[0]["data"]["round"] = 2


@pytest.mark.parametrize(
    ("annotations", "change", "place", "reason"),
    [
        ([annotation([("mass", "present")])], set_image, "annotation 1, mass", "unknown image 'x.dcm'"),
        ([annotation([("mass", "present")])], set_round, "annotation 1, mass", "was not asked in round 2"),
        ([annotation([("edema", "present")])], None, "annotation 1, edema", "edema of 'a.dcm' was not asked"),
        ([annotation([("mas", "present")])], None, "annotation 1, mas", "unknown finding 'mas'"),
        ([annotation([("mass", "maybe")])], None, "annotation 1, mass", "unknown verdict 'maybe'"),
        ([annotation([("mass", "absent")])] * 2, None, "annotation 2, mass", "a second verdict of reader"),
        ([annotation([("mass", "absent")] * 2)], None, "annotation 1, mass", "answered twice in one annotation"),
        ([annotation([("mass", "absent")], None)], None, "annotation 1", "completed_by names nobody"),
        ([annotation([("verdict", "absent")])], None, "annotation 1, None", "not one choice of one finding"),
        ([NO_CHOICE], None, "annotation 1, mass", "not one choice of one finding"),
    ],
)
def test_one_wrong_annotation_rejects_all(asked, export, annotations, change, place, reason):
    path = export({"a.dcm": annotations, "b.dcm": [annotation([("mass", "present")])]}, change)
    number = next(task["id"] for task in json.loads(path.read_text()) if task["annotations"] == annotations)
    with asked.open() as ledger:
        with pytest.raises(RejectedVerdictsError) as error:
            record_verdicts(ledger, [read_label_studio(path)])
        assert list(error.value.reasons) == [f"export.json task {number} {place}"]
        assert reason in str(error.value)
        assert ledger.verdicts() == []


def test_wherever_an_export_is_cut_off_it_is_rejected(asked, export):
    path = export({"a.dcm": [annotation([("mass", "present")])]})
    content = path.read_bytes()
    for end in range(0, len(content), 7):
        path.write_bytes(content[:end])
        with pytest.raises(TableError, match=r"export.json: is no whole JSON file"):
            read_label_studio(path)


@pytest.mark.parametrize(
    "content", ["{}", "[1]", '[{"image": "a.dcm", "mass": "present"}]', '[{"data": {"image": "a"}, "annotations": []}]']
)
def test_another_format_is_refused(asked, content):
    path = asked.folder / "export.json"
    path.write_text(content)
    with pytest.raises(TableError, match=r"export.json: (is no list of tasks|task number 1 has no data)"):
        read_label_studio(path)


def test_one_name_for_several_readers_is_refused(export):
    path = export({"a.dcm": [annotation([("mass", "present")], reader) for reader in (7, 8)]})
    with pytest.raises(TableError, match="annotations of 2 readers; leave out --reader R1"):
        read_label_studio(path, reader="R1")
