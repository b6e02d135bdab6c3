-- title: Scores and rank movements of essays over time, one line each time an essay was scored anew
-- parameter batch_id Nullable(UUID): one batch instead of all
-- parameter essay_id Nullable(UUID): one essay instead of all
-- parameter since DateTime64(6, 'UTC') = 30 days ago: the earliest scoring that counts
-- parameter rows UInt32 = 200: the most lines
WITH scored AS
(
    SELECT
        batch_id,
        essay_id,
        is_anchor,
        bt_score,
        bt_standard_error,
        rank,
        comparison_count,
        _commit_time,
        _version,
        lagInFrame(rank) OVER life AS rank_before,
        lagInFrame(bt_score) OVER life AS score_before,
        row_number() OVER life AS scoring
    FROM cj_assessment.cj_essays_history
    WHERE _op != 'd' AND rank IS NOT NULL
    WINDOW life AS (PARTITION BY batch_id, essay_id ORDER BY _version ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
)
SELECT
    _commit_time AS at,
    batch_id,
    essay_id,
    is_anchor,
    rank,
    if(scoring = 1, NULL, rank_before - rank) AS places_gained,
    bt_score AS score,
    if(scoring = 1, NULL, bt_score - score_before) AS score_gained,
    bt_standard_error AS standard_error,
    comparison_count AS comparisons
FROM scored
WHERE (scoring = 1 OR rank != rank_before OR bt_score != score_before)
    AND _commit_time >= {since:DateTime64(6, 'UTC')}
    AND ({batch_id:Nullable(UUID)} IS NULL OR batch_id = {batch_id:Nullable(UUID)})
    AND ({essay_id:Nullable(UUID)} IS NULL OR essay_id = {essay_id:Nullable(UUID)})
ORDER BY _version DESC, rank, essay_id
LIMIT {rows:UInt32}
