// Conversations that were found: rows that open the thread.

function searchScreen(answer, args) {
  const list = element('ul', {class: 'rows'});
  const more = element('p', {class: 'more'});
  const screen = element('main', {}, element('h1', {}, searchHeading(answer, args)), list, more);
  const foot = element('div');
  screen.append(foot);
  const add = (found, asked = false) => {
    const rows = found.conversations.map(one => element('li', {}, row(one, screen)));
    list.append(...rows);
    if (asked) rows[0]?.querySelector('button')?.focus();
    more.replaceChildren();
    // A cursor belongs to its question, which some hosts do not tell.
    if (found.next_cursor && args && canCall()) {
      more.append(action('Show more', async () => {
        add(await callTool('search_conversations', {...args, cursor: found.next_cursor}), true);
      }));
    }
    foot.replaceChildren(freshness(found));
  };
  add(answer);
  return screen;
}

/** What all that matched is about; a quotation opens its thread. */
function sampleScreen(answer, args) {
  const screen = element('main', {}, element('h1', {}, searchHeading(answer, args)));
  for (const theme of [...answer.themes, answer.no_theme].filter(Boolean)) {
    const rows = (theme.quotes || []).map(quote => ({
      id: quote.conversation_id,
      snippet: quote.text,
      rating: quote.rating,
      match: {message_id: quote.message_id},
    }));
    screen.append(
      element('h2', {dir: 'auto'}, theme.words ? theme.words.join(', ') : 'In no theme'),
      element('p', {class: 'quiet'}, joined([
        counted(theme.conversations, 'conversation'),
        `${number(theme.share_percent)} %`,
        theme.ratings && `${counted(theme.ratings, 'rating')}, ${number(theme.rating_average)} of 5`,
      ])),
      element('ul', {class: 'rows'}, rows.map(one => element('li', {}, row(one, screen)))));
  }
  screen.append(freshness(answer));
  return screen;
}

function searchHeading(answer, args) {
  const total = answer.total_matches ?? answer.conversations.length;
  const count = typeof total === 'number' ? counted(total, 'conversation') : `${total} conversations`;
  return args?.query ? `${count} for “${args.query}”` : count;
}

function row(one, screen) {
  const title = one.title || one.customer_name || one.customer_email || `Conversation ${one.id}`;
  const content = [
    element('span', {class: 'head'},
      element('strong', {dir: 'auto'}, title),
      one.created_at && element('span', {class: 'quiet'}, time(one.created_at))),
    one.snippet && element('span', {class: 'snippet', dir: 'auto'}, marked(one.snippet)),
    element('span', {class: 'quiet'}, joined(rowFacts(one, title))),
  ];
  if (!canCall()) return element('div', {class: 'row'}, content);
  return action(content, async button => {
    const args = {id: one.id};
    if (one.match?.message_id) args.around = one.match.message_id;
    const before = shownScreens;
    const thread = await callTool('get_conversation', args);
    if (shownScreens !== before) return;
    const back = element('button', {type: 'button', onclick: () => {
      show(screen);
      button.focus();
    }}, 'Back to the list');
    show(threadScreen(thread, args, back), true);
  }, {class: 'row'});
}

function rowFacts(one, title) {
  return [
    one.customer_name !== title && one.customer_name,
    one.company,
    one.state,
    one.priority && `${one.priority} priority`,
    one.waiting && `waiting ${one.waiting}`,
    one.rating && `rated ${one.rating} of 5`,
    one.assignee || one.team,
    one.message_count && counted(one.message_count, 'message'),
    ...(one.tags || []).map(tag => `#${tag}`),
  ];
}
