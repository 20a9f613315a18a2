"""Which methods an operator calls (Python data model, "Emulating numeric types" and "Basic customization")."""

from __future__ import annotations

import libcst as cst

UNARY: dict[type[cst.BaseUnaryOp], str] = {
    cst.Minus: "__neg__",
    cst.Plus: "__pos__",
    cst.BitInvert: "__invert__",
}

_ARITHMETIC: dict[str, str] = {
    "Add": "add",
    "Subtract": "sub",
    "Multiply": "mul",
    "Divide": "truediv",
    "FloorDivide": "floordiv",
    "Modulo": "mod",
    "Power": "pow",
    "MatrixMultiply": "matmul",
    "LeftShift": "lshift",
    "RightShift": "rshift",
    "BitAnd": "and",
    "BitOr": "or",
    "BitXor": "xor",
}

BINARY: dict[type[cst.BaseBinaryOp], tuple[str, str]] = {
    getattr(cst, name): (f"__{verb}__", f"__r{verb}__") for name, verb in _ARITHMETIC.items()
}
"""Operator → (method, reflected method)."""

AUGMENTED: dict[type[cst.BaseAugOp], tuple[str, str, str]] = {
    getattr(cst, f"{name}Assign"): (f"__i{verb}__", f"__{verb}__", f"__r{verb}__")
    for name, verb in _ARITHMETIC.items()
}
"""Operator → (in-place method, method, reflected method)."""

COMPARISON: dict[type[cst.BaseCompOp], tuple[tuple[str, ...], str]] = {
    cst.LessThan: (("__lt__",), "__gt__"),
    cst.LessThanEqual: (("__le__",), "__ge__"),
    cst.GreaterThan: (("__gt__",), "__lt__"),
    cst.GreaterThanEqual: (("__ge__",), "__le__"),
    cst.Equal: (("__eq__",), "__eq__"),
    cst.NotEqual: (("__ne__", "__eq__"), "__ne__"),
}
"""Operator → (methods, reflected method)."""
