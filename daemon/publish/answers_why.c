#include "daemon/publish/answers_why.h"
#include "common/cleanup.h"

#include <errno.h>

static bool sees(void *user, owner_t owner, bool *ret_private)
{
    return audience_sees_owner(user, owner, ret_private);
}

static void set_answer(const why_answer_t *a, why_message_t *m)
{
    MESSAGE_SET(m, known_ms, a->known_ms);
    MESSAGE_SET(m, from_ms, a->from_ms);
    MESSAGE_SET(m, to_ms, a->to_ms);
    MESSAGE_SET(m, step_ms, a->step_ms);
    MESSAGE_SET(m, used_from_kb, (uint64_t) MAX(a->used_from_kb, INT64_C(0)));
    MESSAGE_SET(m, used_to_kb, (uint64_t) MAX(a->used_to_kb, INT64_C(0)));
    MESSAGE_SET(m, change_from_ms, a->start->time_ms);
    MESSAGE_SET(m, change_to_ms, a->end->time_ms);
    MESSAGE_SET(m, change_from_kb, (uint64_t) MAX(a->change_from_kb, INT64_C(0)));
    MESSAGE_SET(m, change_to_kb, (uint64_t) MAX(a->change_to_kb, INT64_C(0)));
    MESSAGE_SET(m, steepest_from_ms, a->steepest_from_ms);
    MESSAGE_SET(m, steepest_to_ms, a->steepest_to_ms);
    MESSAGE_SET(m, steepest_kb, a->steepest_kb);
    if (a->unseen_to_ms > 0) {
        MESSAGE_SET(m, unseen_from_ms, a->unseen_from_ms);
        MESSAGE_SET(m, unseen_to_ms, a->unseen_to_ms);
    }
    if (a->estimated_kb > 0)
        MESSAGE_SET(m, estimated_kb, a->estimated_kb);
    MESSAGE_SET(m, others, a->others);
    MESSAGE_SET(m, others_kb, a->others_kb);
    MESSAGE_SET(m, hidden_kb, a->hidden_kb);
    MESSAGE_SET(m, unexplained_kb, a->unexplained_kb);
    MESSAGE_SET(m, processes_kb, a->processes_kb);
}

// The kinds that a ledger has in this daemon, in their order.
static void put_ledger(const why_answer_t *a, buffer_t *out)
{
    for (unsigned i = 1; i < LEDGER_LINES; i++)
        ledger_line_put(out,
                &(ledger_line_t){.kind = i, .start_kb = a->start->kb[i], .end_kb = a->end->kb[i]});
}

static void send_answer(subscriber_t *s, const why_request_message_t *q,
        const why_question_t *asked, const why_answer_t *a)
{
    buffer_t rows = {0}, ledger = {0};
    why_message_t m = {0};
    uint64_t total = 0;

    for (unsigned i = 1; i <= LEDGER_UNEXPLAINED; i++)
        total += (uint64_t) a->end->kb[i];
    for (size_t i = 0; i < a->n_rows; i++)
        why_row_put(&rows, &a->rows[i]);
    put_ledger(a, &ledger);
    MESSAGE_SET(&m, request, q->request);
    MESSAGE_SET(&m, by, asked->by);
    MESSAGE_SET(&m, mem_total_kb, total);
    set_answer(a, &m);
    MESSAGE_SET_TEXT(&m, rows, (const char *) rows.data, rows.len);
    MESSAGE_SET_TEXT(&m, ledger, (const char *) ledger.data, ledger.len);
    if (rows.failed || ledger.failed || !subscriber_answer(s, MESSAGE_WHY, &m))
        subscriber_error(s, q->request, ERROR_LIMIT, "there is no room for the answer: ask again");
    buffer_done(&rows);
    buffer_done(&ledger);
}

void answers_why(subscriber_t *s, why_t *why, uint64_t now_ms, const why_request_message_t *q)
{
    uint64_t to_ms = q->has.to_ms ? MIN(q->to_ms, now_ms) : now_ms;
    const why_question_t question = {
            .from_ms = q->has.from_ms ? q->from_ms : to_ms - MIN(to_ms, WHY_DEFAULT_SPAN_MS),
            .to_ms = to_ms,
            .by = q->by <= WHY_BY_NAME ? (unsigned) q->by : WHY_BY_PROCESS,
            .limit = (size_t) MIN(q->limit, (uint64_t) WHY_ROWS_MAX),
            .sees = sees,
            .user = subscriber_audience(s),
    };
    why_answer_t answer;
    int r = question.from_ms <= to_ms ? why_ask(why, &question, &answer) : -ENODATA;

    if (r == 0)
        send_answer(s, q, &question, &answer);
    else if (r == -ENODATA)
        subscriber_error(s, q->request, ERROR_UNKNOWN_REQUEST,
                "nothing is known of that time: ask for a later one");
    else
        subscriber_error(s, q->request, ERROR_LIMIT, "the daemon is out of memory");
}
