"""The best chain of places through slices, one in each: what runs through a body without jumping aside."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage


def best_chain(score: NDArray[np.float32], price: NDArray[np.float32]) -> NDArray[np.int64]:
    """The chain of largest sum of scores less the price of moving sideways (dynamic programming).

    Parameters
    ----------
    score : ndarray of float32, shape (s, p, l)
    price : ndarray of float32, shape (2 dp + 1, 2 dl + 1)
        0 in the middle, and less than 0 for a move aside from a slice to the next; moves beyond it are not made.

    Returns
    -------
    ndarray of int, shape (s, 2)
        One (p, l) index for each slice.
    """
    dp, dl = (n // 2 for n in price.shape)
    total = score.copy()
    for s in range(1, len(score)):
        total[s] += ndimage.grey_dilation(total[s - 1], structure=price, mode="constant", cval=-1e6)
    chain = np.empty((len(score), 2), np.int64)
    chain[-1] = np.unravel_index(int(np.argmax(total[-1])), score.shape[1:])
    padded = np.pad(total, ((0, 0), (dp, dp), (dl, dl)), constant_values=-1e9)
    for s in range(len(score) - 2, -1, -1):
        p, left = chain[s + 1]
        options = padded[s, p : p + 2 * dp + 1, left : left + 2 * dl + 1] + price
        a, b = np.unravel_index(int(np.argmax(options)), options.shape)
        chain[s] = p + a - dp, left + b - dl
    return chain
