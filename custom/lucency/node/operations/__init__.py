"""What an operator sees of a node: logs, metrics, health, page, audit messages; none but the audit names a patient.

Nothing is re-exported here: workers need `logs` alone, and are not to load a web server for it.
"""
