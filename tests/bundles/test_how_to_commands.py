"""Every command of docs/how-to is executed by a test: by test_how_tos.py, or by one that is named; few are by none."""

import pytest

from bundles.test_how_tos import HERE, HOW_TOS, PACKAGE
from pages import ROOT, commands

PAGES = sorted(path.name for path in HOW_TOS.glob("*.md"))

# Tests that run the others, as they stand or with files of their own.
SERVE = "lucency node serve --bundle BUNDLE --aet CXRAI "
ONCE = "node/promises/test_once.py::test_an_object_that_is_sent_again_changes_nothing"
ELSEWHERE = {
    "assemble-archives.md": {
        "lucency assemble nih.yaml google.yaml hospital": "data/assembling/test_assemble_page.py::test_the_page_runs",
    },
    "bring-your-weights.md": {
        "lucency convert all.pt ": "release/convert/test_command.py::test_a_conversion_says_what_it_did",
        "lucency convert ": "release/convert/test_command.py::test_labels_come_from_the_command_line_or_a_file",
        "lucency predict ": "release/convert/test_command.py::"
        "test_the_bundle_runs_with_decisions_of_the_published_thresholds",
    },
    "calibrate.md": {
        "lucency calibrate ": "inference/calibration/test_calibrate_page.py::test_every_command_calibrates",
        "python ": "inference/calibration/test_calibrate_real_data.py::test_halves_calibrate_each_other",
    },
    "deploy.md": {
        "/usr/sbin/Orthanc ": ONCE,
        f"{SERVE}--listen ": ONCE,
        f"{SERVE}--pull ": "node/promises/test_dicomweb.py::test_images_of_the_archive_are_fetched_and_answered_once",
        "/usr/bin/storescu ": ONCE,
        "/usr/bin/echoscu +tls ": "node/promises/test_tls.py::test_tls_in_and_out",
        "/usr/bin/echoscu ": "node/promises/test_titles_and_probes.py::test_titles_are_checked",
        "openssl ": "commands/test_node_page.py::test_the_certificates_work",
        "lucency node status ": "commands/test_node_status.py::test_status_says_what_there_is_and_that_no_node_runs",
        "lucency node jobs list ": "commands/test_node_jobs.py::test_the_list_names_no_patient_unless_it_is_told_to",
        "lucency node jobs retry ": "commands/test_node_jobs.py::test_all_dead_jobs_are_tried_again_where_they_stopped",
        "lucency node jobs export ": "commands/test_node_jobs.py::test_dead_jobs_are_taken_out",
        "lucency refine import ": "commands/test_refine_node.py::test_verdicts_of_a_node_become_labels",
    },
    "import-your-labels.md": {"lucency import ": "data/test_docs.py::test_the_commands_of_the_import_page"},
    "multi-gpu.md": {
        "torchrun --nnodes 2 ": "bundles/test_two_nodes.py::test_two_nodes_learn_what_one_process_learns",
        "python ": "scripts/test_gpu_benchmark.py::test_every_part_runs_and_says_why_it_left_something_out",
    },
    "publish-a-bundle.md": {
        PACKAGE: "release/package/test_publish_page.py::test_packages",
        "python ": "release/package/test_publish_page.py::test_commands_of_other_machines",
        "torchrun ": "release/package/test_publish_page.py::test_commands_of_other_machines",
    },
    "refine-labels.md": {"lucency refine ": "refine/worklists/test_refine_page.py::test_the_commands_make_a_round"},
    "scale-out.md": {
        "lucency predict FOLDER ": "scale/test_predicting.py::"
        "test_a_killed_worker_loses_and_doubles_nothing_and_every_file_is_that_of_one_machine",
        "ray start --head ": "scale/test_cluster.py::test_a_cluster_that_somebody_else_started_is_joined_and_goes_on",
    },
    "set-operating-points.md": {
        "lucency operating-points EVAL": "inference/test_operating_points_page.py::test_every_command_sets_points",
        "lucency operating-points nih": "inference/test_operating_points.py::"
        "test_published_scores_meet_their_targets_by_scikit_learns_count",
    },
    "simulate-labels.md": {
        "lucency simulate DATA": "data/test_simulate_page.py::test_every_command_simulates",
        "lucency import chexpert ": "data/importers/test_chexpert.py::test_the_published_file_keeps_its_counts",
    },
}

# What no test executes, and why.
MACHINE = "sets up a machine, its users or its services"
CLUSTER = "needs further machines under Ray, Slurm or Kubernetes"
NOWHERE = {
    "assemble-archives.md": {"lucency assemble nih.yaml google.yaml rsna": "needs label files of eight archives"},
    "bring-your-weights.md": {"pytest ": "is a test"},
    "deploy.md": {
        "curl ": "tests/node/peers.py asks the same by Python",
        **dict.fromkeys(
            ["useradd ", "python3 ", "/opt/cxrai/bin/pip ", "export PATH", "systemctl ", "journalctl "], MACHINE
        ),
        **dict.fromkeys(["mkdir /opt/", "mv /opt/", "cp -a next/"], MACHINE),
    },
    "multi-gpu.md": {"torchrun --standalone ": "SyncBatchNorm needs a GPU"},
    "scale-out.md": {
        "pip install ": MACHINE,
        **dict.fromkeys(["ray get-auth-token ", "export RAY_AUTH_MODE=", "ray start --address", "head=$("], CLUSTER),
        **dict.fromkeys(["srun ", "sleep ", "kubectl "], CLUSTER),
    },
    "simulate-labels.md": {"lucency simulate chexpert.csv ": "needs CheXpert's label file"},
}


def executors(page, line):
    """Every entry of the three lists that speaks of a command, and what it says: a test, a reason."""
    named = [(start, "bundles/test_how_tos.py::test_commands") for start in HERE.get(page, ())]
    named += [*ELSEWHERE.get(page, {}).items(), *NOWHERE.get(page, {}).items()]
    return [(start, said) for start, said in named if line.startswith(start)]


@pytest.mark.parametrize("page", PAGES)
def test_every_command_is_executed_by_a_test_that_exists_or_has_a_reason(page):
    for line in commands(HOW_TOS / page):
        said = [said for _, said in executors(page, line)]
        assert said, f"{page}: nothing executes `{line}`"
        file, _, test = said[0].partition("::")
        if test:
            assert f"def {test}(" in (ROOT / "tests" / file).read_text(), said[0]


def test_no_entry_outlives_its_command():
    typed = [(page, line) for page in PAGES for line in commands(HOW_TOS / page)]
    spoken = {(page, start) for page, line in typed for start, _ in executors(page, line)[:1]}
    listed = {(page, start) for entries in (HERE, ELSEWHERE, NOWHERE) for page in entries for start in entries[page]}
    assert spoken == listed
