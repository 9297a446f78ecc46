"""A student so small that distilling it takes a second."""

from models.distillation.distil import DistillationConfig
from models.distillation.student_fitting import Schooling
from models.distillation.synthetic import Synthetic
from models.members.sizes import StudentSizes

QUICK = DistillationConfig(
    sizes=StudentSizes(units=(16, 8), dropout=0.1),
    schooling=Schooling(epochs=6, batch_size=32, learning_rate=0.02, pruning_epochs=4),
    synthetic=Synthetic(swapped=150, mixed=50),
)
