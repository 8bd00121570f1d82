"""What the pages are put together from; they lay out, `auditcore` computes.

Every page    session (who is looking), keys (names of widgets), design, phrases, lines, waiting
Protect       photos_in
Check         setting_up and claims (kit, question, strictness), forecast, audit_view, go_on;
              the model: choose_model, hosted_form, key_in, connection, model_words
Results       verdict_view, evidence_plot, figures
The Lab       lab_*
Understand    lesson_*
Present       present_data (which experiment), present_words (its sentences), present_steps,
              present_thousand and present_forget (what a step shows), present_plot, present.css
"""
