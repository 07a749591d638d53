"""One comparison of one query with the 64 records of a tile."""

from linkage.kernels.compiling import inline_kernel
from linkage.kernels.lane_programs import append_level, distance_levels, overlap_levels
from linkage.kernels.plan_arrays import OVERLAP
from linkage.kernels.tile_layout import TileLayout
from linkage.kernels.tile_loading import Panel, Tile

__all__ = ["compare_lanes"]


@inline_kernel
def compare_lanes(layout: TileLayout, panel: Panel, query: int, tile: Tile, comparison: int) -> None:
    """Append the levels of a comparison, the greatest over its views, to the codes of the lanes."""
    # No slices here: taking one counts references, with an atomic instruction, which costs more than the lanes.
    first_piece = query * panel.pieces.shape[1]
    first_need = query * panel.needs.shape[1]
    for view in range(layout.first_views[comparison], layout.first_views[comparison + 1]):
        # A view that the query lacks is missing in every lane.
        if panel.present[query, view]:
            if layout.measures[view] == OVERLAP:
                overlap_levels(
                    layout.views,
                    view,
                    tile.pieces,
                    tile.facts,
                    panel.pieces,
                    first_piece,
                    panel.needs,
                    first_need,
                    layout.constants,
                    tile.levels,
                )
            else:
                distance_levels(
                    layout.views,
                    view,
                    tile.pieces,
                    tile.facts,
                    panel.pieces,
                    first_piece,
                    panel.needs,
                    first_need,
                    layout.constants,
                    tile.levels,
                )
    append_level(tile.codes, layout.groups[comparison], tile.levels, layout.radices[comparison])
