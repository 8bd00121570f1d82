"""What the pages are put together from; they lay out, `auditcore` computes.

Every page    session (who is looking), keys (names of widgets), design, phrases, lines, waiting
Protect       photos_in
Check         setting_up and claims (kit, question, strictness), choose_model with hosted_form, key_in,
              connection and model_words (the model), forecast (what it will take), audit_view and go_on
Results       verdict_view, evidence_plot, figures
"""
