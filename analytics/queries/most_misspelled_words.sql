-- title: The words most misspelled, and what they were most often corrected to
-- parameter language Nullable(String): en or sv instead of both
-- parameter since DateTime64(6, 'UTC') = 30 days ago: the earliest mistake that counts
-- parameter rows UInt32 = 50: the most words
SELECT
    jobs.language AS language,
    lowerUTF8(found.original_word) AS word,
    count() AS times,
    uniqExact(jobs.essay_id) AS essays,
    nullIf(arrayElement(topKIf(1)(ifNull(found.corrected_word, ''), found.corrected_word IS NOT NULL), 1), '') AS corrected_to,
    countIf(found.corrected_word IS NULL) AS not_corrected
FROM spell_checker.spellcheck_corrections AS found
INNER JOIN spell_checker.spellcheck_jobs AS jobs ON jobs.job_id = found.job_id
WHERE found.source != 'whitelist'
    AND found.created_at >= {since:DateTime64(6, 'UTC')}
    AND ({language:Nullable(String)} IS NULL OR jobs.language = {language:Nullable(String)})
GROUP BY language, word
ORDER BY times DESC, word, language
LIMIT {rows:UInt32}
