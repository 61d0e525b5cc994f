export default import.meta.glob(['../*/locales/sv.json', '!../{codes,meeting,flows,emoji,rooms,settings,search,calls,notices,moderation}/**'], { eager: true, import: 'default' });
