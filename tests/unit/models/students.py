"""A student so small that distilling it takes a second."""

from models.distillation import DistillationConfig
from models.members.sizes import StudentSizes
from models.student_fitting import Schooling
from models.synthetic import Synthetic

QUICK = DistillationConfig(
    sizes=StudentSizes(units=(16, 8), dropout=0.1),
    schooling=Schooling(epochs=6, batch_size=32, learning_rate=0.02, pruning_epochs=4),
    synthetic=Synthetic(swapped=150, mixed=50),
)
