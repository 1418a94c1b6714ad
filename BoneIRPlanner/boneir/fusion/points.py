"""Landmarks: the rigid motion that brings points nearest to points, and what error it leaves elsewhere."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ImageError
from ..image.rigid import Rigid

Floats = NDArray[np.float64]


def motion_of_landmarks(here_mm: ArrayLike, there_mm: ArrayLike) -> Rigid:
    """The rigid motion that brings landmarks of one image nearest to those of another, in least squares.

    Closed form by singular values (Arun, Huang and Blostein, IEEE PAMI 1987;9:698-700), the same answer as Horn's
    quaternions.

    Parameters
    ----------
    here_mm, there_mm : array, shape (n, 3)
        LPS mm of the same landmarks in the planning image and in the other one; three or more, not in a line.

    Raises
    ------
    ImageError
        If there are fewer than three, their numbers differ, or they lie in a line.
    """
    here, there = np.asarray(here_mm, float), np.asarray(there_mm, float)
    if here.shape != there.shape or here.ndim != 2 or here.shape[-1] != 3 or len(here) < 3:
        raise ImageError(f"Landmarks are pairs of points, three or more; found {here.shape} and {there.shape} numbers.")
    a, b = here - here.mean(axis=0), there - there.mean(axis=0)
    if min(np.linalg.svd(a)[1][1], np.linalg.svd(b)[1][1]) < 1.0:
        raise ImageError("The landmarks lie in a line: a turn about it stays open; add one beside it.")
    u, _, v = np.linalg.svd(b.T @ a)
    turn = u @ np.diag([1.0, 1.0, np.linalg.det(u @ v)]) @ v
    return Rigid.of(turn, there.mean(axis=0) - turn @ here.mean(axis=0))


def landmark_distance_mm(here_mm: ArrayLike, there_mm: ArrayLike, motion: Rigid) -> float:
    """Distance of landmarks from where a motion brings them, root mean square, in mm."""
    apart = np.linalg.norm(motion.apply(here_mm) - np.asarray(there_mm, float), axis=-1)
    return float(np.sqrt(np.mean(apart**2)))


def target_error_mm(here_mm: ArrayLike, target_mm: ArrayLike, localisation_mm: float) -> float:
    """The error to expect at a target, root mean square, when landmarks are placed with a known error.

    Parameters
    ----------
    here_mm : array, shape (n, 3)
        The landmarks.
    target_mm : Point
    localisation_mm : float
        Error of a single landmark, root mean square over three dimensions.

    Notes
    -----
    Fitzpatrick, West and Maurer, IEEE Trans Med Imaging 1998;17:694-702: FLE^2 / n (1 + 1/3 sum d_k^2 / f_k^2), with
    the target's distance d_k from each principal axis of the landmarks, and their own root mean square distance f_k.
    """
    here = np.asarray(here_mm, float)
    middle = here.mean(axis=0)
    _, _, axes = np.linalg.svd(here - middle)
    arms, target = (here - middle) @ axes.T, (np.asarray(target_mm, float) - middle) @ axes.T
    ratio = 0.0
    for axis in range(3):
        others = [n for n in range(3) if n != axis]
        ratio += float((target[others] ** 2).sum() / max(np.mean((arms[:, others] ** 2).sum(axis=1)), 1e-9))
    return float(np.sqrt(localisation_mm**2 / len(here) * (1.0 + ratio / 3.0)))
