"""The page of figures: every KPI with its formula, and the scorecard of units and villages."""
