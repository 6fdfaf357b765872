"""What to do about gaps: repair, survey, turn, build; and what any change of cameras would do."""
