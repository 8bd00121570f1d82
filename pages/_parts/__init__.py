"""What the pages are put together from; they lay out, `auditcore` computes.

Every page    session (who is looking), keys (names of widgets), design, phrases, lines, waiting
Protect       photos_in
Check         setting_up and claims (kit, question, strictness), forecast, audit_view, go_on;
              the model: choose_model, hosted_form, key_in, connection, model_words
Results       verdict_view, evidence_plot, figures
"""
