// Which screen an answer is for shows in its fields, so one page serves three tools.

/** The arguments of the call, if the host tells them. */
let asked = null;

function draw(answer) {
  if (answer?.figures) show(statsScreen(answer, asked || {}));
  else if (Array.isArray(answer?.themes)) show(sampleScreen(answer, asked));
  else if (Array.isArray(answer?.conversations)) show(searchScreen(answer, asked));
  else if (Array.isArray(answer?.messages)) show(threadScreen(answer, {...asked, id: answer.id}));
  else throw new Error('There is nothing to draw in this answer.');
  document.querySelector('.sought')?.scrollIntoView({block: 'nearest'});
  say('');
}

say('Waiting for the answer');
connect({
  'tool-input': ({arguments: args}) => {
    asked = args || null;
  },
  'tool-result': result => {
    try {
      draw(answerOf(result));
    } catch (error) {
      document.getElementById('screen').replaceChildren();
      say(sentence(error), true);
    }
  },
  'tool-cancelled': ({reason}) => say(typeof reason === 'string' && reason ? `Cancelled: ${reason}` : 'Cancelled'),
}).catch(error => say(`The app that shows this page refused it: ${sentence(error)}`, true));
