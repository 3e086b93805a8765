"""A state machine that ends an association over what it cannot understand, and says nothing of it."""

import logging

from pynetdicom.fsm import StateMachine

log = logging.getLogger("lucency.node")


class GuardedMachine(StateMachine):  # type: ignore[misc]
    """The state machine of PS3.8 9.2.

    pynetdicom's own raises in its thread, which prints a traceback: it may quote what the peer has sent.
    """

    def do_action(self, event: str) -> None:
        """Do what an event asks for."""
        try:
            super().do_action(event)
        except Exception:
            log.exception("association_broken")
            self.dul.kill_dul()  # the association's thread notices, and closes the connection
