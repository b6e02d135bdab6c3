-- title: Judges: how often each agrees with the ranking, and with other judges of the same two essays
-- parameter batch_id Nullable(UUID): one batch instead of all
-- parameter since DateTime64(6, 'UTC') = 30 days ago: the earliest judgement that counts
-- parameter rows UInt32 = 50: the most judges
WITH
    judged AS
    (
        SELECT
            judge,
            judge_kind,
            confidence,
            (batch_id, least(essay_a, essay_b), greatest(essay_a, essay_b)) AS pair,
            winner = 'error' AS is_error,
            multiIf(winner = 'essay_a', essay_a, winner = 'essay_b', essay_b, NULL) AS won,
            if(winner = 'essay_a', essay_b, essay_a) AS lost,
            batch_id
        FROM cj_assessment.cj_comparisons
        WHERE winner IS NOT NULL
            AND completed_at >= {since:DateTime64(6, 'UTC')}
            AND ({batch_id:Nullable(UUID)} IS NULL OR batch_id = {batch_id:Nullable(UUID)})
    ),
    with_ranks AS
    (
        SELECT judged.*, winners.rank AS rank_of_winner, losers.rank AS rank_of_loser
        FROM judged
        LEFT JOIN cj_assessment.cj_essays AS winners ON winners.batch_id = judged.batch_id AND winners.essay_id = judged.won
        LEFT JOIN cj_assessment.cj_essays AS losers ON losers.batch_id = judged.batch_id AND losers.essay_id = judged.lost
    ),
    with_others AS
    (
        SELECT
            mine.judge AS judge,
            count() AS shared,
            countIf(mine.won IS NOT DISTINCT FROM theirs.won) AS same
        FROM judged AS mine
        INNER JOIN judged AS theirs ON theirs.pair = mine.pair
        WHERE mine.judge != theirs.judge AND NOT mine.is_error AND NOT theirs.is_error
        GROUP BY judge
    )
SELECT
    with_ranks.judge AS judge,
    any(with_ranks.judge_kind) AS kind,
    count() AS judgements,
    countIf(is_error) AS errors,
    countIf(won IS NULL AND NOT is_error) AS ties,
    round(avg(confidence), 2) AS mean_confidence,
    round(countIf(rank_of_winner < rank_of_loser) / nullIf(countIf(rank_of_winner != rank_of_loser), 0), 4)
        AS agrees_with_ranking,
    any(with_others.shared) AS judged_by_others_too,
    round(any(with_others.same) / nullIf(judged_by_others_too, 0), 4) AS agrees_with_others
FROM with_ranks
LEFT JOIN with_others ON with_others.judge = with_ranks.judge
GROUP BY judge
ORDER BY judgements DESC, judge
LIMIT {rows:UInt32}
