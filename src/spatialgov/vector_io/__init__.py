"""Files of places in and out: GeoPackage, GeoJSON, Shapefile, GeoParquet, FlatGeobuf and CSV.

`read_vector` gives any of them as one kind of frame (EPSG:4326, rows in the order of the file), `open_batches` gives
the same batch by batch, also lines of JSON, `read_table` gives attributes without geometry, `write_vector` writes a
whole file or none. `texts` and `numbers` read the cells of a column whatever the format has made of them (a CSV gives
text, a Shapefile floats, a GeoPackage integers).
"""

from spatialgov.vector_io.batches import Batch, BatchedFile, open_batches
from spatialgov.vector_io.cells import numbers, texts
from spatialgov.vector_io.reading import VectorData, read_table, read_vector
from spatialgov.vector_io.row_files import REPORT_COLUMNS, Report
from spatialgov.vector_io.writing import write_vector

__all__ = [
    "REPORT_COLUMNS",
    "Batch",
    "BatchedFile",
    "Report",
    "VectorData",
    "numbers",
    "open_batches",
    "read_table",
    "read_vector",
    "texts",
    "write_vector",
]
