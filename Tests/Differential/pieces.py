"""Templates as trees of pieces, so that one that shows a difference can be made small."""

import time


# Nowhere; everywhere but before `.name` and `[…]`; everywhere.
LOOSE, FILTERED, TIGHT = range(3)


class Piece:
    """Text made of strings and smaller pieces.

    kind: "expression" can be replaced by any expression inside of it or by a literal,
          "body" is a row of pieces of which each can be left out,
          "option" can be left out, "plain" has to stay.
    binding: how well it stands as an operand without parentheses; one of the values below.
    """

    __slots__ = ("kind", "parts", "binding")

    def __init__(self, kind, parts, binding=LOOSE):
        self.kind = kind
        self.parts = parts
        self.binding = binding

    def __str__(self):
        return "".join(map(str, self.parts))

    def pieces(self):
        """All pieces inside; outer ones first."""
        for part in self.parts:
            if isinstance(part, Piece):
                yield part
                yield from part.pieces()


def plain(*parts):
    return Piece("plain", list(parts))


def option(*parts):
    return Piece("option", list(parts))


def body(parts):
    return Piece("body", list(parts))


def expression(*parts):
    return Piece("expression", list(parts), LOOSE)


def filtered(*parts):
    return Piece("expression", list(parts), FILTERED)


def tight(*parts):
    return Piece("expression", list(parts), TIGHT)


SIMPLE = [tight(text) for text in ("1", '"a"', "[]", "none")]


def shrink(root, still_differs, seconds_max=4):
    """Makes the tree smaller in place while `still_differs(text)` says so, the largest steps first."""
    end = time.monotonic() + seconds_max
    progress = True
    while progress:
        progress = False
        holders = [(root.parts, index, True) for index in range(len(root.parts))]
        while holders:
            parts, index, is_in_body = holders.pop(0)
            if time.monotonic() > end:
                return
            if not isinstance(parts[index], Piece):
                continue
            if shrink_one(root, parts, index, is_in_body, still_differs, end):
                progress = True
            piece = parts[index]
            if isinstance(piece, Piece):
                holders += [(piece.parts, inner, piece.kind == "body") for inner in range(len(piece.parts))]


def shrink_one(root, parts, index, is_in_body, still_differs, end):
    before = parts[index]
    length = len(str(before))
    for candidate in smaller(before, is_in_body):
        if len(str(candidate)) >= length:
            continue
        if time.monotonic() > end:
            return False
        parts[index] = candidate
        if still_differs(str(root)):
            return True
        parts[index] = before
    return False


def smaller(piece, is_in_body):
    """What may stand in the place of the piece."""
    if is_in_body or piece.kind == "option":
        yield ""
    if is_in_body:
        yield from (inner for inner in piece.pieces() if inner.kind == "body")
    if piece.kind == "body":
        yield body([])
    if piece.kind == "expression":
        yield from SIMPLE
        inner = [inner for inner in piece.pieces() if inner.kind == "expression"]
        yield from sorted(inner, key=lambda piece: len(str(piece)))
