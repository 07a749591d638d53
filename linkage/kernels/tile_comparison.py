"""One comparison of two queries with the 64 records of a tile."""

from linkage.kernels.compiling import inline_kernel
from linkage.kernels.lane_programs import append_levels, distance_levels, overlap_levels
from linkage.kernels.plan_arrays import OVERLAP
from linkage.kernels.tile_layout import TileLayout
from linkage.kernels.tile_loading import Panel, Tile

__all__ = ["compare_two"]


@inline_kernel
def compare_two(layout: TileLayout, panel: Panel, query: int, tile: Tile, slot: int, comparison: int) -> None:
    """Append the levels of a comparison, the greatest over its views, to the codes of two queries.

    They are rows `query` and `query + 1` of the panel, and have slots `slot` and `slot + 1` of the tile.
    """
    for view in range(layout.first_views[comparison], layout.first_views[comparison + 1]):
        # A view that both queries lack is missing in every lane.
        if panel.present[query, view] or panel.present[query + 1, view]:
            if layout.measures[view] == OVERLAP:
                overlap_levels(
                    layout.views,
                    view,
                    tile.pieces,
                    tile.facts,
                    panel.pieces,
                    panel.needs,
                    query,
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
                    panel.needs,
                    query,
                    layout.constants,
                    tile.levels,
                )
    append_levels(tile.codes, slot, layout.groups[comparison], tile.levels, layout.radices[comparison])
