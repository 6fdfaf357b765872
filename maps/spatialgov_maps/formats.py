"""Numbers as people read them on a map."""

import numpy as np

__all__ = ["area", "count", "number", "p_value", "percent", "ratio", "ratios", "signed"]


def count(value: float) -> str:
    """Give a whole number with thousands separators; nothing for NaN."""
    return "" if np.isnan(value) else f"{value:,.0f}"


def area(area_m2: float) -> str:
    """Give an area in km², hectares below 1 km², m² below one hectare; nothing for NaN."""
    if np.isnan(area_m2):
        return ""
    if area_m2 >= 1e6:
        return f"{area_m2 / 1e6:,.2f} km²"
    return f"{area_m2 / 1e4:,.1f} ha" if area_m2 >= 1e4 else f"{area_m2:,.0f} m²"


def percent(share_pct: float, *, signed: bool = False) -> str:
    """Give a percentage with one decimal, with its sign when it is a difference; nothing for NaN."""
    if np.isnan(share_pct):
        return ""
    return (f"{share_pct:+.1f} %" if signed else f"{share_pct:.1f} %").replace("-", "\u2212")


def number(value: float) -> str:
    """Give a number to three digits, whole from 100 on, with thousands separators; nothing for NaN."""
    if np.isnan(value):
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def ratio(value: float) -> str:
    """Give how many times as many; nothing for NaN."""
    if np.isnan(value):
        return ""
    return "∞" if np.isinf(value) else f"{value:.2f} ×"


def ratios(low: float, high: float) -> str:
    """Give an interval of how many times as many; nothing for NaN."""
    return "" if np.isnan(low) else f"{ratio(low).removesuffix(' ×')} – {ratio(high)}"


def signed(value: float) -> str:
    """Give a difference to three digits with its sign; nothing for NaN."""
    if np.isnan(value):
        return ""
    return (("+" if value > 0 else "") + number(value)).replace("-", "\u2212")


def p_value(p: float) -> str:
    """Give a chance to four decimals; nothing for NaN."""
    if np.isnan(p):
        return ""
    return "< 0.0001" if p < 0.0001 else f"{p:.4f}"
