"""From the text of an address to its place in the table of standard addresses, and back."""

from spatialgov.locate.address.book import Address, AddressBook, AddressMatch, Candidate, Level
from spatialgov.locate.address.parsing import ParsedAddress, parse_address
from spatialgov.locate.address.reading import Addresses, read_addresses

__all__ = [
    "Address",
    "AddressBook",
    "AddressMatch",
    "Addresses",
    "Candidate",
    "Level",
    "ParsedAddress",
    "parse_address",
    "read_addresses",
]
