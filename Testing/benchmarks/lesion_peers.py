"""Other seeded methods on the same click and the same window, each as it did best on the development half.

Every one of them is told as much as the library's own: the click, the bone that holds it, and what no lesion enters.
Around the click a ball counts as lesion; what lies outside the bone or at the end of the window counts as background.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk  # noqa: N813 - the name that its own manual uses
from scipy import ndimage

from boneir.anatomy.lesion_window import Clicks, lesion_window
from boneir.case import Case
from boneir.findings import Point
from boneir.mask import Mask

REACH_MM = 30.0
LOW_HU, HIGH_HU = -200.0, 1200.0
Method = Callable[[Case, Point], Mask]


@dataclass(frozen=True, eq=False)
class Ground:
    """What a method is given: numbers and depth below the surface of bone (k, j, i), voxel size, and the click."""

    hu: np.ndarray
    depth_mm: np.ndarray
    barred: np.ndarray
    spacing_mm: np.ndarray
    seed: tuple[int, int, int]

    def away_mm(self) -> np.ndarray:
        """Distance from the click."""
        steps = np.moveaxis(np.indices(self.hu.shape, np.float32), 0, -1) - np.asarray(self.seed, np.float32)
        return np.linalg.norm(steps * self.spacing_mm.astype(np.float32), axis=-1)

    def marks(self, ball_mm: float) -> np.ndarray:
        """1 for lesion, 2 for background, 0 for what is asked."""
        away = self.away_mm()
        background = (self.depth_mm < 0) | self.barred | (away > REACH_MM)
        marks = np.where(background, 2, 0).astype(np.int32)
        marks[(away <= ball_mm) & ~background] = 1
        marks[self.seed] = 1
        return marks

    def even(self) -> np.ndarray:
        """The numbers between 0 and 1."""
        return (np.clip(self.hu, LOW_HU, HIGH_HU) - LOW_HU) / (HIGH_HU - LOW_HU)

    def kept(self, marked: np.ndarray) -> np.ndarray:
        """What of it holds the click, without holes and within the bone."""
        labels, _ = ndimage.label(marked & (self.depth_mm >= 0) & ~self.barred)
        return ndimage.binary_fill_holes((labels == labels[self.seed]) & (labels > 0))


def random_walker(ground: Ground, ball_mm: float = 4.0, beta: float = 20000.0) -> np.ndarray:
    """scikit-image's; Grady 2006 (doi:10.1109/TPAMI.2006.233)."""
    from skimage.segmentation import random_walker as walk

    marks = ground.marks(ball_mm)
    if not (marks == 0).any():
        return ground.kept(marks == 1)
    labels = walk(ground.even(), marks, beta=beta, mode="cg_j", spacing=ground.spacing_mm, tol=1e-3)
    return ground.kept(labels == 1)


def graph_cut(
    ground: Ground, ball_mm: float = 4.0, weight: float = 8.0, sigma_hu: float = 60.0, smooth_hu: float = 20.0
) -> np.ndarray:
    """PyMaxflow's minimum cut with histograms; Boykov, Jolly 2001 (doi:10.1109/ICCV.2001.937505)."""
    import maxflow

    marks, hu = ground.marks(ball_mm), np.clip(ground.hu, LOW_HU, HIGH_HU)
    bins = ((hu - LOW_HU) / 10.0).astype(int)
    shares = []
    for which in (marks == 1, (marks == 0) & (ground.depth_mm > 0)):
        count = np.bincount(bins[which], minlength=int((HIGH_HU - LOW_HU) / 10) + 1).astype(float)
        shares.append(ndimage.gaussian_filter1d(count, smooth_hu / 10) / max(count.sum(), 1) + 1e-4)
    speaks = np.log(shares[0] / shares[1])[bins]
    graph = maxflow.Graph[float]()
    nodes = graph.add_grid_nodes(hu.shape)
    for axis, step in enumerate(ground.spacing_mm):
        near = np.exp(-((np.diff(hu, axis=axis, append=hu.max())) ** 2) / (2 * sigma_hu**2))
        structure = np.zeros((3, 3, 3))
        structure[tuple(2 if n == axis else 1 for n in range(3))] = 1
        graph.add_grid_edges(
            nodes, weights=weight * near * ground.spacing_mm.min() / step, structure=structure, symmetric=True
        )
    sure = 1e6
    graph.add_grid_tedges(
        nodes,
        np.where(marks == 1, sure, np.where(marks == 2, 0, np.maximum(speaks, 0))),
        np.where(marks == 2, sure, np.where(marks == 1, 0, np.maximum(-speaks, 0))),
    )
    graph.maxflow()
    return ground.kept(~graph.get_grid_segments(nodes))


def grow_cut(ground: Ground, ball_mm: float = 4.0, power: float = 1.0, smooth_mm: float = 1.2) -> np.ndarray:
    """The automaton of Vezhnevets, Konouchine 2005, with six neighbours, until nothing changes."""
    marks = ground.marks(ball_mm)
    even = ndimage.gaussian_filter(ground.even(), smooth_mm / ground.spacing_mm)
    strength, owner = (marks > 0).astype(np.float32), marks.copy()
    for _ in range(500):
        changed = False
        for axis in range(3):
            near = (1 - np.abs(np.diff(even, axis=axis))) ** power
            front = tuple(slice(0, -1) if n == axis else slice(None) for n in range(3))
            back = tuple(slice(1, None) if n == axis else slice(None) for n in range(3))
            for source, target in ((front, back), (back, front)):
                attack = strength[source] * near
                wins = attack > strength[target] + 1e-6
                if wins.any():
                    strength[target] = np.where(wins, attack, strength[target])
                    owner[target] = np.where(wins, owner[source], owner[target])
                    changed = True
        if not changed:
            break
    return ground.kept(owner == 1)


def slicer_grow_from_seeds(ground: Ground, ball_mm: float = 4.0, distance_penalty: float = 0.0) -> np.ndarray:
    """Slicer's own filter, which its Segment Editor calls Grow from seeds."""
    import slicer
    import vtk
    from vtk.util import numpy_support

    def volume(array: np.ndarray) -> object:
        image = vtk.vtkImageData()
        image.SetDimensions(*array.shape[::-1])
        image.SetSpacing(*(float(step) for step in ground.spacing_mm[::-1]))
        image.GetPointData().SetScalars(numpy_support.numpy_to_vtk(np.ascontiguousarray(array).ravel(), deep=True))
        return image

    grow = slicer.vtkImageGrowCutSegment()
    grow.SetIntensityVolume(volume(np.rint(ground.hu).astype(np.int16)))
    grow.SetSeedLabelVolume(volume(ground.marks(ball_mm).astype(np.int16)))
    grow.SetDistancePenalty(distance_penalty)
    grow.Update()
    owner = numpy_support.vtk_to_numpy(grow.GetOutput().GetPointData().GetScalars())
    return ground.kept(owner.reshape(ground.hu.shape) == 1)


def confidence_connected(
    ground: Ground, spreads: float = 1.5, rounds: int = 4, radius: int = 2, closing: int = 1
) -> np.ndarray:
    """SimpleITK's, on a smoothed image."""
    image = sitk.GetImageFromArray(ground.hu)
    image.SetSpacing([float(step) for step in ground.spacing_mm[::-1]])
    smooth = sitk.CurvatureFlow(image, 0.05, 5)
    seed = [int(n) for n in ground.seed[::-1]]
    found = sitk.ConfidenceConnected(smooth, [seed], rounds, spreads, radius, 1)
    closed = sitk.BinaryMorphologicalClosing(found, [closing] * 3)
    return ground.kept(sitk.GetArrayFromImage(closed) > 0)


def geodesic_contour(
    ground: Ground, ball_mm: float = 5.0, propagation: float = 1.0, curvature: float = 1.0, halfway_hu: float = 10.0
) -> np.ndarray:
    """SimpleITK's level set; Caselles, Kimmel, Sapiro 1997 (doi:10.1023/A:1007979827043)."""
    image = sitk.GetImageFromArray(ground.hu)
    image.SetSpacing([float(step) for step in ground.spacing_mm[::-1]])
    edge = sitk.GradientMagnitudeRecursiveGaussian(image, 1.0)
    speed = sitk.Cast(sitk.BoundedReciprocal(sitk.Divide(edge, halfway_hu)), sitk.sitkFloat32)
    start = sitk.GetImageFromArray((ground.away_mm() - ball_mm).astype(np.float32))
    start.CopyInformation(image)
    level = sitk.GeodesicActiveContourLevelSet(start, speed, 0.01, propagation, curvature, 1.0, 300)
    return ground.kept(sitk.GetArrayFromImage(level) <= 0)


def morphological_contour(
    ground: Ground, ball_mm: float = 4.0, alpha: float = 300.0, smoothing: int = 1, threshold: float = 0.5
) -> np.ndarray:
    """scikit-image's; Marquez-Neila, Baumela, Alvarez 2014 (doi:10.1109/TPAMI.2013.106)."""
    from skimage.segmentation import inverse_gaussian_gradient, morphological_geodesic_active_contour

    speed = inverse_gaussian_gradient(ground.even(), alpha=alpha, sigma=1.0)
    speed[ground.depth_mm < 0] = 0
    rounds = int(20.0 / ground.spacing_mm.min())
    level = morphological_geodesic_active_contour(
        speed, rounds, ground.away_mm() <= ball_mm, smoothing=smoothing, threshold=threshold, balloon=1
    )
    return ground.kept(level > 0)


def peers() -> dict[str, Method]:
    """Every method that is installed here, by its name."""
    methods = {
        "SimpleITK confidence connected": confidence_connected,
        "SimpleITK geodesic contour": geodesic_contour,
        "grow-cut": grow_cut,
    }
    if importlib.util.find_spec("skimage"):
        methods["scikit-image random walker"] = random_walker
        methods["scikit-image morphological contour"] = morphological_contour
    if importlib.util.find_spec("slicer"):
        methods["Slicer grow from seeds"] = slicer_grow_from_seeds
    if importlib.util.find_spec("maxflow"):
        methods["PyMaxflow graph cut"] = graph_cut
    return {name: _on_case(method) for name, method in methods.items()}


def _on_case(method: Callable[[Ground], np.ndarray]) -> Method:
    def run(case: Case, place: Point) -> Mask:
        window = lesion_window(case, Clicks((place,)), REACH_MM)
        box = tuple(slice(c, c + n) for c, n in zip(window.corner, window.shape, strict=True))
        seed = tuple(int(n) for n in np.rint(window.around.inside[0]))
        ground = Ground(
            np.asarray(case.image.voxels[box], np.float32),
            window.around.depth_mm,
            window.barred,
            window.around.spacing_mm,
            (seed[0], seed[1], seed[2]),
        )
        return Mask.within(method(ground), window.corner, case.image.grid)

    return run
