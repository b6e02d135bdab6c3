-- title: Corrections per essay, most mistakes for its length first
-- parameter batch_id Nullable(UUID): one batch instead of all
-- parameter since DateTime64(6, 'UTC') = 30 days ago: the earliest spell check that counts
-- parameter rows UInt32 = 50: the most essays
SELECT
    jobs.batch_id AS batch_id,
    jobs.essay_id AS essay_id,
    jobs.language AS language,
    jobs.total_words AS words,
    jobs.total_corrections AS corrections,
    round(100 * corrections / nullIf(words, 0), 2) AS per_100_words,
    countIf(found.source = 'dictionary') AS by_dictionary,
    countIf(found.source = 'learner_dictionary') AS by_learner_dictionary,
    countIf(found.source = 'whitelist') AS allowed_by_whitelist
FROM spell_checker.spellcheck_jobs AS jobs
LEFT JOIN spell_checker.spellcheck_corrections AS found ON found.job_id = jobs.job_id
WHERE jobs.status = 'success'
    AND jobs.created_at >= {since:DateTime64(6, 'UTC')}
    AND ({batch_id:Nullable(UUID)} IS NULL OR jobs.batch_id = {batch_id:Nullable(UUID)})
GROUP BY jobs.job_id, batch_id, essay_id, language, words, corrections
ORDER BY per_100_words DESC, corrections DESC, essay_id
LIMIT {rows:UInt32}
