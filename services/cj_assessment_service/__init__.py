"""Comparative judgement: essays compared in pairs, ranked by Bradley-Terry scores, and graded against anchors."""
