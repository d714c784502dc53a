"""Templates as trees of pieces, so that one that shows a difference can be made small."""


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

    def positions(self):
        """Every piece inside, as the list and the index that hold it; outer pieces first."""
        for index, part in enumerate(self.parts):
            if isinstance(part, Piece):
                yield self.parts, index
                yield from part.positions()

    def expressions(self):
        return [parts[index] for parts, index in self.positions() if parts[index].kind == "expression"]


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


def shrink(root, still_differs, attempts_max=400):
    """Makes the tree smaller in place while `still_differs(text)` says so."""
    attempts = 0
    progress = True
    while progress:
        progress = False
        for parts, index in list(root.positions()):
            if index >= len(parts) or not isinstance(parts[index], Piece):
                continue
            before = parts[index]
            for candidate in smaller(before, parts is root.parts or is_body(root, parts)):
                if len(str(candidate)) >= len(str(before)):
                    continue
                attempts += 1
                if attempts > attempts_max:
                    return
                parts[index] = candidate
                if still_differs(str(root)):
                    progress = True
                    break
                parts[index] = before
            if progress:
                break


def smaller(piece, is_in_body):
    if is_in_body or piece.kind == "option":
        yield ""
    if is_in_body:
        for parts, index in piece.positions():
            if parts[index].kind == "body":
                yield parts[index]
    if piece.kind == "body":
        yield body([])
    if piece.kind == "expression":
        yield from SIMPLE
        yield from sorted(piece.expressions(), key=lambda inner: len(str(inner)))


def is_body(root, parts):
    if root.kind == "body" and root.parts is parts:
        return True
    return any(
        holder[index].kind == "body" and holder[index].parts is parts for holder, index in root.positions())
