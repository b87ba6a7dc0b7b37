// One conversation, to be read from top to bottom.

function threadScreen(answer, args, back) {
  const messages = element('ol', {class: 'thread'});
  const more = element('p', {class: 'more'});
  const foot = element('div');
  const backwards = args.start_from === 'newest';
  const add = (page, asked = false) => {
    const items = page.messages.map(one => element('li', {tabindex: -1}, messageItem(one, args)));
    if (backwards) messages.prepend(...items);
    else messages.append(...items);
    if (asked) items[0]?.focus();
    more.replaceChildren();
    if (page.next_cursor && canCall()) {
      more.append(action(backwards ? 'Show earlier messages' : 'Show more messages', async () => {
        add(await callTool('get_conversation', {...args, cursor: page.next_cursor}), true);
      }));
    }
    foot.replaceChildren(freshness(page));
  };
  add(answer);
  return element('main', {},
    element('nav', {}, back, link(answer.url)),
    threadHead(answer),
    backwards && more, messages, !backwards && more, foot);
}

function threadHead(answer) {
  const who = joined([answer.customer_name, answer.customer_email, answer.company]);
  const facts = [
    ['First response', answer.first_response],
    ['Resolution', answer.resolution],
    ['Rating', answer.rating && `${answer.rating} of 5${answer.rating_remark ? `: ${answer.rating_remark}` : ''}`],
    ['AI agent', answer.ai_outcome],
    ['Assigned to', [answer.assignee, answer.team].filter(Boolean).join(', ')],
    ['Waiting', answer.waiting],
  ].filter(([, value]) => value);
  return element('header', {},
    element('h1', {dir: 'auto'}, answer.title || `Conversation ${answer.id}`),
    who.length > 0 && element('p', {class: 'quiet'}, who),
    chips(answer.state, answer.channel === 'conversation' ? 'chat' : answer.channel, answer.tags),
    facts.length > 0 && element('dl', {class: 'facts'}, facts.map(([name, value]) =>
      element('div', {}, element('dt', {}, name), element('dd', {dir: 'auto'}, value)))));
}

function messageItem(one, args) {
  const isNote = one.kind === 'note';
  const ours = ['admin', 'bot', 'team'].includes(one.author_type);
  const isSought = args.around !== undefined && one.id === args.around;
  const body = element('p', {class: 'body', dir: 'auto'}, one.body);
  const item = element('article', {
    class: [isNote ? 'note' : ours ? 'ours' : 'theirs', isSought && 'sought'].filter(Boolean).join(' '),
  },
    element('h2', {},
      element('bdi', {}, one.author_name || author(one)),
      one.is_ai && element('span', {class: 'badge'}, 'AI'),
      isNote && element('span', {class: 'badge'}, 'Internal note'),
      isSought && element('span', {class: 'badge'}, 'Found here'),
      element('span', {class: 'quiet'}, time(one.created_at))),
    body,
    chips((one.attachments || []).map(file => file.name)));
  rest(one, args, body);
  return item;
}

const author = one => ({user: 'Customer', lead: 'Customer', bot: 'Bot', team: 'Team'})[one.author_type] || 'Teammate';

/** A long message is cut in answers; a button reads on. `before` is what stands before this piece. */
function rest(one, args, body, before = '', from = 0) {
  if (!one.body_left_out) return;
  if (!canCall()) {
    body.after(element('p', {class: 'quiet'}, `${counted(one.body_left_out, 'character')} left out`));
    return;
  }
  const button = action('Show the rest', async () => {
    const more = await callTool('get_conversation',
      {id: args.id, around: one.id, body_offset: one.body_continues_at});
    const next = more.messages.find(other => other.id === one.id);
    if (!next) throw new Error('The message is no longer there.');
    // The piece ends with an ellipsis, before which blanks were trimmed.
    const piece = [...one.body].slice(0, -1);
    const blanks = Math.max(0, one.body_continues_at - from - piece.length);
    const text = before + piece.join('') + ' '.repeat(blanks);
    body.textContent = text + next.body;
    button.remove();
    rest(next, args, body, text, one.body_continues_at);
  });
  body.after(button);
}
