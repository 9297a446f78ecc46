"""The models of one worker: which are in force, and what announcements make of that."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from models.bundle.predictor import Predictor
from pipelines.core.errors import EqmError, first_line
from pipelines.inference.active_models import ActiveModels
from pipelines.rollout.control import good_key_of, instruction, key_of, role_of
from schemas.records import ModelControl
from schemas.roles import ModelStatus, Role

Load = Callable[[ModelControl], Predictor]
"""Raises BundleError for a bundle that must not be applied."""

Tell = Callable[[Role | None, ModelControl | None, ModelStatus, str], None]
Keep = Callable[[ModelControl], None]
"""Notes that the model was loaded for its role."""


@dataclass
class LiveModels:
    """`begin` once, then `apply` for each message, in one thread; `now` and `give_up` in any.

    A bad announcement is told, and what was in force goes on. Loading takes seconds, and holds up its thread alone.
    """

    submitted: ModelControl
    load: Load
    tell: Tell
    keep: Keep
    _controls: dict[Role, ModelControl] = field(default_factory=dict)
    _now: ActiveModels | None = None
    _change: threading.Lock = field(default_factory=threading.Lock)

    def now(self) -> ActiveModels:
        """Who answers the next batch."""
        if self._now is None:
            raise RuntimeError("begin comes first")
        return self._now

    def controls(self) -> Mapping[Role, ModelControl]:
        """What each role was given by."""
        with self._change:
            return dict(self._controls)

    def begin(self, latest: Mapping[bytes | None, bytes | None]) -> None:
        """Loads what the topic says, given its last message of each key; who serves, if it is nobody: the submitted.

        An announcement that is bad gives way to what was loaded last for its role. Raises BundleError where not even
        the submitted bundle can be applied.
        """
        for role in (Role.SERVE, Role.SHADOW, Role.SHARE):
            if latest.get(key_of(role)) is not None:
                self._begin(role, latest)
            if self._now is None:
                self._put(self.submitted, self.load(self.submitted))

    def catch_up(self, latest: Mapping[bytes | None, bytes | None]) -> None:
        """The same later, when messages may have been missed: what was loaded goes on where the topic is silent."""
        for role in Role:
            if key_of(role) in latest:
                self.apply(key_of(role), latest[key_of(role)])

    def apply(self, key: bytes | None, value: bytes | None) -> None:
        """Does what a message says; one that cannot be followed changes nothing."""
        role = role_of(key)
        control = None
        try:
            wanted = instruction(key, value)
            role, control = wanted.role, wanted.control
            if control is None:
                self._retire(role)
            elif control != self._controls.get(role):
                self._put(control, self._known(control) or self.load(control))
                self.keep(control)
        except EqmError as fault:
            self.tell(role, control, ModelStatus.REFUSED, str(fault))
        except Exception as fault:  # Loading runs what others wrote; the next announcement must still be heard.
            self.tell(role, control, ModelStatus.REFUSED, f"{type(fault).__name__}: {first_line(fault)}")

    def give_up(self, role: Role, predictor: Predictor, fault: Exception) -> None:
        """Ends the role of a model that has raised, in this worker; not if another one has it by now."""
        with self._change:
            if self._now is None or self._now.of(role) is not predictor:
                return
            control = self._controls.pop(role, None)
            self._now = self._now.without(role)
        self.tell(role, control, ModelStatus.RETIRED, f"it raised {type(fault).__name__}: {first_line(fault)}")

    def _begin(self, role: Role, latest: Mapping[bytes | None, bytes | None]) -> None:
        for key in (key_of(role), good_key_of(role)):
            if role not in self._controls and latest.get(key) is not None:
                self.apply(key, latest[key])

    def _retire(self, role: Role) -> None:
        control = self._controls.get(role)
        if role == Role.SERVE and control != self.submitted:
            submitted = self._known(self.submitted) or self.load(self.submitted)
            self.tell(role, control, ModelStatus.RETIRED, "as announced")
            self._put(self.submitted, submitted)
        elif role != Role.SERVE and control is not None and self._now is not None:
            with self._change:
                self._controls.pop(role, None)
                self._now = self._now.without(role)
            self.tell(role, control, ModelStatus.RETIRED, "as announced")

    def _known(self, control: ModelControl) -> Predictor | None:
        """The model, if it is loaded already, whatever for. A batch may give one up meanwhile."""
        for role, other in self.controls().items():
            if (other.name, other.version, other.checksum) == (control.name, control.version, control.checksum):
                return self._now.of(role) if self._now else None
        return None

    def _put(self, control: ModelControl, predictor: Predictor) -> None:
        with self._change:
            before = self._now or ActiveModels(predictor)
            self._now = before.given(control.role, predictor, control.share or 0.0)
            self._controls[control.role] = control
        self.tell(control.role, control, ModelStatus.LOADED, "")
