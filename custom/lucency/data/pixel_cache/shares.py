"""Which rows a rank takes in an epoch, and how it cuts them into batches."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]


def shuffled_share(images: int, seed: int, epoch: int, rank: int = 0, ranks: int = 1) -> Places:
    """The share of one rank in the permutation of an epoch, which depends on `seed` and `epoch` alone.

    All ranks take equally many, no image is taken twice; the `images % ranks` that are left over are others each epoch.

    Example:
        >>> shares = [shuffled_share(7, seed=0, epoch=1, rank=rank, ranks=2) for rank in (0, 1)]
        >>> [len(share) for share in shares], len(set(np.concatenate(shares).tolist()))
        ([3, 3], 6)
    """
    order = np.random.default_rng(np.random.SeedSequence((seed, epoch))).permutation(images)
    return order[: images // ranks * ranks][rank::ranks]


def ordered_share(images: int, rank: int = 0, ranks: int = 1) -> Places:
    """The share of one rank in the images in their order: a block; blocks differ by one image at most.

    Every image is in one share, once, and the shares in the order of the ranks are all images in theirs.

    Example:
        >>> [ordered_share(7, rank, 3).tolist() for rank in range(3)]
        [[0, 1, 2], [3, 4], [5, 6]]
    """
    each, more = divmod(images, ranks)
    start = rank * each + min(rank, more)
    return np.arange(start, start + each + (rank < more))


def number_of_batches(images: int, batch_size: int, ranks: int = 1, *, shuffled: bool, drop_last: bool = False) -> int:
    """How many batches every rank has; see `batches`.

    Example:
        >>> number_of_batches(65, 32, 2, shuffled=False), number_of_batches(65, 32, 2, shuffled=True)
        (2, 1)
    """
    share = images // ranks if shuffled or drop_last else -(-images // ranks)
    return share // batch_size if drop_last else -(-share // batch_size)


def batches(share: Places, batch_size: int, count: int) -> list[Places]:
    """Cut a share into `count` batches of `batch_size`, the last with what remains or without it.

    Where another rank has one image more and therefore a batch more, the last full batch gives up an image for it: all
    ranks have equally many batches, as networks in `DistributedDataParallel` must. With a batch size of 1, or fewer
    images than ranks, there is nothing to give up, and the batch is missing.

    Example:
        >>> [[len(batch) for batch in batches(ordered_share(9, rank, 2), 4, 2)] for rank in (0, 1)]
        [[4, 1], [3, 1]]
    """
    edges = np.minimum(np.arange(count + 1) * batch_size, len(share))
    if count > 1 and edges[-1] == edges[-2] and batch_size > 1:
        edges[-2] -= 1
    return [share[start:stop] for start, stop in pairwise(edges) if start < stop]
